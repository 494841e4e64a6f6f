-- Has every line of every file found its place? (All that came in, whatever the day.)
-- Read by role batch for purpose operations.
select
    source,
    topic,
    origin,
    file,
    cast(sum(lines_in) as bigint) as lines_in,
    cast(sum(kept) as bigint) as kept,
    max(taken_at) as taken_at
from intakes
where $site is null or site is null or site = $site
group by source, topic, origin, file
order by cast(max(taken_at) as date) desc, source desc, topic, file desc, origin
