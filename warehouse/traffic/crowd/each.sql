/*
Who is where: one row for each visitor and cell of a day?

Reads `visits` (one row per view); `level_columns` and `asked_for` are written by tables.py. Leaves `crowd` as crowd.sql does, but that
nobody is counted together: of pages and hosts most visitors have several, and to look for those who have not costs more than it saves.
*/
create or replace temp table crowd as
select
  v.event_date as event_date, v.site as site, level_columns
  v.visitor as visitor, cast(null as bigint) as lone, cast(0 as bigint) as persons, cast(count(*) as bigint) as views
from visits as v
where asked_for
group by all
