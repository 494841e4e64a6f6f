/*
What is told of every day: its cells, the rest of each line, the rest of the day, and the whole day; all rounded.

Reads `shown`, `rests` and `crowds`; `$k` and `$step` are written by tables.py. A day of fewer than k visitors has no row at all.
*/
with told as (
  select
    s.event_date as event_date, s.site as site, s.a as a, s.b as b, s.visitors as visitors, s.views as views, s.everybody as everybody
  from shown as s
  union all
  -- Where visitors have many cells, nearly all may be in the rest: of 1 to k-1 others it says k, as the releases do.
  select
    r.event_date as event_date, r.site as site, r.a as a, r.b as b,
    case when d.visitors - r.visitors between 1 and $k - 1 then d.visitors - $k else r.visitors end as visitors,
    r.views as views, d.everybody as everybody
  from rests as r
  inner join crowds as d on d.event_date = r.event_date and d.site = r.site and d.over = 3
  where r.over = 3
  union all
  -- What stands in a line without a name is in the rest of the day only; a line that nearly all are in names those who are not.
  select
    r.event_date as event_date, r.site as site, r.a as a, r.b as b, r.visitors as visitors, r.views as views, l.everybody as everybody
  from rests as r
  inner join crowds as l
    on l.event_date = r.event_date and l.site = r.site and l.over = r.over
    and coalesce(l.a, l.b) = coalesce(r.a, r.b)
  where r.over < 3 and l.everybody - l.visitors >= $k
  union all
  select
    d.event_date as event_date, d.site as site, '' as a, '' as b, d.visitors as visitors, d.views as views, d.everybody as everybody
  from crowds as d
  where d.over = 3
)
select
  t.event_date as event_date,
  t.site as site,
  t.a as a,
  t.b as b,
  cast((2 * t.views + $step) // (2 * $step) * $step as bigint) as views,
  cast((2 * t.visitors + $step) // (2 * $step) * $step as bigint) as visitors
from told as t
where t.everybody >= $k
order by t.event_date, t.site, t.a, t.b
