/*
How many rows were kept of each source, by table, and how many state each way of collection?

Reads `intakes`, `hits`, `customer_events` and `purchases`. A row of a source has a source and no way, one of a way the reverse.
*/
with entries as (
  select
    i.source as source,
    unnest(map_entries(case when i.stored is null then map(['hits'], [i.kept]) else i.stored end)) as entry
  from intakes as i
),
told as (
  select e.source as source, cast(null as string) as way, e.entry.key as table_name, e.entry.value as kept
  from entries as e
  union all
  select cast(null as string) as source, h.collected_via as way, 'hits' as table_name, 1 as kept
  from hits as h
  union all
  select cast(null as string) as source, c.collected_via as way, 'customer_events' as table_name, 1 as kept
  from customer_events as c
  union all
  select cast(null as string) as source, p.collected_via as way, 'purchases' as table_name, 1 as kept
  from purchases as p
)
select
  t.source as source,
  t.way as way,
  t.table_name as table_name,
  cast(sum(t.kept) as bigint) as kept
from told as t
group by t.source, t.way, t.table_name
order by t.source, t.way, t.table_name
