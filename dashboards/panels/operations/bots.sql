-- Which robots came, and how much did they take?
-- Read by role batch for purpose operations.
select
    bot_kind,
    bot_label,
    cast(sum(requests) as bigint) as requests,
    cast(sum(bytes) as bigint) as bytes
from bot_daily
where event_date between $day_from and $day_to and ($site is null or site = $site)
group by bot_kind, bot_label
order by requests desc, bot_kind, bot_label
