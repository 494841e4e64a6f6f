-- Which sites have requests, and from which day to which?
-- Read by role batch for purpose operations.
select site, min(event_date) as first_day, max(event_date) as last_day
from status_daily
where $site is null or site = $site
group by site
order by site
