-- Where do visitors come from, by country and region?
-- Read by role analyst for purpose geo_statistics.
-- A country's row (is_country = 1) is the sum of its regions' rows on the same days, so nothing can be subtracted.
with by_day as (
    select
        event_date, country, region,
        sum(views) as views, sum(visitors) as visitors
    from geo_daily
    where event_date between $day_from and $day_to and ($site is null or site = $site)
    group by event_date, country, region
)
select
    country,
    region,
    grouping(region) as is_country,
    cast(sum(views) as bigint) as views,
    cast(sum(visitors) as bigint) as visitor_days,
    count(distinct event_date) as days
from by_day
group by grouping sets ((country), (country, region))
order by is_country desc, views desc, country, region
