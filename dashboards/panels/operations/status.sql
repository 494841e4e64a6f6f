-- Which answers did the server give, to people and to bots?
-- Read by role batch for purpose operations.
select
    status,
    cast(sum(requests) as bigint) as requests,
    cast(sum(case when is_bot then requests else 0 end) as bigint) as of_bots,
    cast(sum(bytes) as bigint) as bytes
from status_daily
where event_date between $day_from and $day_to and ($site is null or site = $site)
group by status
order by requests desc, status
