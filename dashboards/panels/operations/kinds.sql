-- What were the requests: pages, files, redirects, errors; of people or of bots?
-- Read by role batch for purpose operations.
select kind, is_bot, cast(sum(requests) as bigint) as requests
from status_daily
where event_date between $day_from and $day_to and ($site is null or site = $site)
group by kind, is_bot
order by kind, is_bot
