/*
Has every line of every intake found its place, and are the rows that were kept all there?

Reads `intakes` and `hits`. An intake is written after its hits, so hits without an intake belong to one in progress. Hits that
an intake has too few may have been let go when their time was over: how many they are in all is for who asks to compare.
Intakes of programs that knew one table say nothing of where the kept ones went: they went to `hits`.
*/
with lines as (
  select
    i.intake as intake,
    sum(i.lines_in) as lines_in,
    sum(i.kept) as kept,
    sum(coalesce(list_sum(map_values(i.dropped)), 0)) as dropped,
    sum(coalesce(list_sum(map_values(i.dead_letters)), 0)) as dead_letters,
    sum(case when i.stored is null then i.kept else coalesce(list_sum(map_values(i.stored)), 0) end) as stored,
    sum(case when i.stored is null then i.kept else coalesce(i.stored['hits'], 0) end) as hits
  from intakes as i
  group by i.intake
),
found as (
  select h.intake as intake, count(*) as hits
  from hits as h
  group by h.intake
),
places as (
  select
    l.lines_in as lines_in,
    l.kept as kept,
    l.dropped as dropped,
    l.dead_letters as dead_letters,
    case when l.intake is null then 0 else coalesce(f.hits, 0) end as hits,
    case when l.intake is null then f.hits else 0 end as hits_unfinished,
    l.lines_in <> l.kept + l.dropped + l.dead_letters
      or l.kept <> l.stored
      or l.hits < coalesce(f.hits, 0) as is_off,
    greatest(l.hits - coalesce(f.hits, 0), 0) as hits_gone
  from lines as l
  full join found as f on f.intake = l.intake
)
select
  coalesce(sum(p.lines_in), 0) as lines_in,
  coalesce(sum(p.kept), 0) as kept,
  coalesce(sum(p.dropped), 0) as dropped,
  coalesce(sum(p.dead_letters), 0) as dead_letters,
  coalesce(sum(p.hits), 0) as hits,
  coalesce(sum(p.hits_unfinished), 0) as hits_unfinished,
  count(*) filter (where p.is_off) as intakes_off,
  count(*) filter (where p.hits_gone > 0 and not p.is_off) as intakes_short,
  coalesce(sum(p.hits_gone), 0) as hits_gone
from places as p
