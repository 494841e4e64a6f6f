-- How new are the published statistics, and under which policy were they made?
-- Read by role analyst for purpose geo_statistics.
select policy_version, min(event_date) as first_day, max(event_date) as last_day, max(released_at) as released_at
from geo_daily
where $site is null or site = $site
group by policy_version
order by policy_version
