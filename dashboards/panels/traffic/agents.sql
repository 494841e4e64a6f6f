-- What do visitors read with?
-- Read by role analyst for purpose geo_statistics.
-- A row with groups > 0 is "other": two small groups of one day or more, added up.
with by_day as (
    select
        event_date, facet, name, groups > 0 as is_other,
        sum(views) as views, sum(visitors) as visitors
    from agent_daily
    where event_date between $day_from and $day_to and ($site is null or site = $site)
        and facet in ('browser', 'system')
    group by event_date, facet, name, groups > 0
)
select
    facet,
    name,
    is_other,
    cast(sum(views) as bigint) as views,
    cast(sum(visitors) as bigint) as visitor_days,
    count(*) as days
from by_day
group by facet, name, is_other
order by facet, is_other, views desc, name
