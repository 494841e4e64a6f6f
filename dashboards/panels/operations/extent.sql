-- Which sites have requests or views, and from which day to which?
-- Read by role batch for purpose operations.
with seen as (
    select site, event_date, 0 as views from status_daily
    union all
    select site, event_date, views from geo_daily_cells
)
select site, min(event_date) as first_day, max(event_date) as last_day, cast(sum(views) as bigint) as views
from seen
where $site is null or site = $site
group by site
order by site
