-- How many requests on each day, how many of them by bots, and how much data?
-- Read by role batch for purpose operations.
select
    event_date,
    cast(sum(requests) as bigint) as requests,
    cast(sum(case when is_bot then requests else 0 end) as bigint) as of_bots,
    cast(sum(bytes) as bigint) as bytes,
    count(distinct site) as sites
from status_daily
where event_date between $day_from and $day_to and ($site is null or site = $site)
group by event_date
order by event_date
