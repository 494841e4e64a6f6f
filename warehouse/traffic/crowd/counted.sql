/*
Who is where, as a night counted it: the rows of `crowd` (see crowd.sql) by fewer levels than the night told apart?

Reads `crowd_daily_cells` (visitor is 0 for those who are in one cell of the night's only). `level_columns` and `asked_for` are written by
tables.py.
*/
create or replace temp table crowd as
select
  v.event_date as event_date, v.site as site, level_columns
  nullif(v.visitor, 0) as visitor,
  case when v.visitor = 0 then row_number() over () end as lone,
  cast(sum(v.visitors) as bigint) as persons,
  cast(sum(v.views) as bigint) as views
from crowd_daily_cells as v
where asked_for
group by v.event_date, v.site, level_columns v.visitor
