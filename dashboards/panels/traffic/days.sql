-- How many views and visitors on each day?
-- Read by role analyst for purpose geo_statistics.
select
    event_date,
    cast(sum(views) as bigint) as views,
    cast(sum(visitors) as bigint) as visitors,
    min(case when visitors_exact then 1 else 0 end) as exact,
    count(distinct site) as sites
from geo_daily
where event_date between $day_from and $day_to and ($site is null or site = $site)
group by event_date
order by event_date
