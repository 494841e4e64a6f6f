/*
What is told of every day: its cells, the rest of each line, the rest of the day, and the whole day; all rounded.

Reads `asked`, `shown`, `crowds` and `edges` (k, step, is_crossed). A day of fewer than k visitors has no row at all.
*/
with rests as (
  select
    t.event_date as event_date,
    t.site as site,
    t.a as a,
    t.b as b,
    grouping(t.a, t.b) as over,
    count(distinct t.visitor) as visitors,
    cast(sum(t.views) as bigint) as views
  from asked as t
  anti join shown as s on s.event_date = t.event_date and s.site = t.site and s.a = t.a and s.b = t.b
  group by grouping sets ((t.event_date, t.site, t.a), (t.event_date, t.site, t.b), (t.event_date, t.site))
),
told as (
  select s.event_date as event_date, s.site as site, s.a as a, s.b as b, s.visitors as visitors, s.views as views
  from shown as s
  union all
  -- Where visitors have many cells, nearly all may be in the rest: of 1 to k-1 others it says k, as the releases do.
  select
    r.event_date as event_date, r.site as site, r.a as a, r.b as b,
    case when d.visitors - r.visitors between 1 and e.k - 1 then d.visitors - e.k else r.visitors end as visitors,
    r.views as views
  from rests as r
  cross join edges as e
  inner join crowds as d on d.event_date = r.event_date and d.site = r.site and d.over = 3
  where r.over = 3
  union all
  select r.event_date as event_date, r.site as site, r.a as a, r.b as b, r.visitors as visitors, r.views as views
  from rests as r
  cross join edges as e
  -- What stands in a line without a name is in the rest of the day only; a line that nearly all are in names those who are not.
  inner join crowds as l
    on l.event_date = r.event_date and l.site = r.site and l.over = r.over
    and coalesce(l.a, l.b) = coalesce(r.a, r.b)
  inner join crowds as d on d.event_date = r.event_date and d.site = r.site and d.over = 3
  where e.is_crossed and r.over < 3 and d.visitors - l.visitors >= e.k
  union all
  select d.event_date as event_date, d.site as site, '' as a, '' as b, d.visitors as visitors, d.views as views
  from crowds as d
  where d.over = 3
)
select
  t.event_date as event_date,
  t.site as site,
  t.a as a,
  t.b as b,
  cast((2 * t.views + e.step) // (2 * e.step) * e.step as bigint) as views,
  cast((2 * t.visitors + e.step) // (2 * e.step) * e.step as bigint) as visitors
from told as t
cross join edges as e
inner join crowds as d on d.event_date = t.event_date and d.site = t.site and d.over = 3
where d.visitors >= e.k
order by t.event_date, t.site, t.a, t.b
