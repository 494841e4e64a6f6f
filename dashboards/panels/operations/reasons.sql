-- Why were lines dropped or set aside as dead letters?
-- Read by role batch for purpose operations.
-- Spark writes explode where DuckDB writes unnest; the rest is the same.
with left_out as (
    select source, topic, origin, file, site, 'dropped' as way, unnest(map_entries(dropped)) as entry from intakes
    union all
    select source, topic, origin, file, site, 'dead letter' as way, unnest(map_entries(dead_letters)) as entry from intakes
)
select source, topic, origin, file, way, entry.key as reason, cast(sum(entry.value) as bigint) as lines
from left_out
where $site is null or site is null or site = $site
group by source, topic, origin, file, way, entry.key
having sum(entry.value) <> 0
order by source, topic, origin, file, way, lines desc, reason
