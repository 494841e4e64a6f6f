/*
Who is where: one row for each visitor and cell of a day, those who are in one cell only counted together?

Reads `visits` (one row per view); `level_columns` and `asked_for` are written by tables.py. Leaves `crowd`: a visitor, with 0 persons; or so
many persons, who are in this row only, without a visitor, and lone, the row's number. So the visitors of any rows are their persons and
their distinct visitors together.
*/
create or replace temp table crowd as
with told as materialized (
  select v.event_date as event_date, v.site as site, v.visitor as visitor, level_columns cast(count(*) as bigint) as views
  from visits as v
  where asked_for
  group by all
),
several as materialized (
  select t.event_date as event_date, t.site as site, t.visitor as visitor
  from told as t
  group by t.event_date, t.site, t.visitor
  having count(*) > 1
),
lones as (
  select
    t.event_date as event_date, t.site as site, level_columns
    cast(count(*) as bigint) as persons, cast(sum(t.views) as bigint) as views
  from told as t
  anti join several as s on s.event_date = t.event_date and s.site = t.site and s.visitor = t.visitor
  group by all
)
select
  l.event_date as event_date, l.site as site, level_columns
  cast(null as bigint) as visitor, row_number() over () as lone, l.persons as persons, l.views as views
from lones as l
union all
select
  t.event_date as event_date, t.site as site, level_columns
  t.visitor as visitor, cast(null as bigint) as lone, cast(0 as bigint) as persons, t.views as views
from told as t
semi join several as s on s.event_date = t.event_date and s.site = t.site and s.visitor = t.visitor
