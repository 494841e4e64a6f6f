/*
Which cells may be named, looked at one by one?

Reads `asked` (the rows of `crowd` by cell: event_date, site, visitor, lone, persons, a, b, views; null for a name that is not shown). `$k` and
the words that end in _columns are written by tables.py; a table of one dimension has no lines. Leaves `crowds` (visitors of every day, line
and cell; everybody: those of the day) and `shown`.
*/
create or replace temp table crowds as
select
  c.event_date as event_date,
  c.site as site,
  c.a as a,
  c.b as b,
  c.over as over,
  c.visitors as visitors,
  c.views as views,
  max(case when c.over = 3 then c.visitors end) over (partition by c.event_date, c.site) as everybody
from (
  -- Who is in a cell that has a name is there in one row only; others are in several rows.
  select
    t.event_date as event_date,
    t.site as site,
    t.a as a,
    t.b as b,
    0 as over,
    cast(sum(t.persons) as bigint) + count(t.visitor) as visitors,
    cast(sum(t.views) as bigint) as views
  from asked as t
  where t.a is not null and t.b is not null
  group by t.event_date, t.site, t.a, t.b
  union all
  select
    t.event_date as event_date,
    t.site as site,
    over_columns,
    cast(sum(t.persons) as bigint) + count(distinct t.visitor) as visitors,
    cast(sum(t.views) as bigint) as views
  from asked as t
  group by grouping sets (set_columns)
) as c;

create or replace temp table shown as
with lined as (
  select
    c.event_date as event_date, c.site as site, c.a as a, c.b as b, c.over as over, c.views as views, c.visitors as visitors,
    c.everybody as everybody,
    line_columns
  from crowds as c
)
select
  l.event_date as event_date,
  l.site as site,
  l.a as a,
  l.b as b,
  l.views as views,
  l.visitors as visitors,
  l.everybody as everybody
from lined as l
where l.over = 0 and l.a is not null and l.b is not null and l.visitors >= $k
  and l.everybody - l.a_visitors >= $k
  and (l.everybody - l.b_visitors >= $k or l.b_visitors is null)
  and (l.a_visitors = l.visitors or l.a_visitors - l.visitors >= $k)
  and (l.b_visitors is null or l.b_visitors = l.visitors or l.b_visitors - l.visitors >= $k)
