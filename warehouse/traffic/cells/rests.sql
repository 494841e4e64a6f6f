/*
What is left of every day, and of each line, beside the cells that are named?

Reads `asked` and `shown`. `over_columns` and `set_columns` are written by tables.py; a table of one dimension has no lines. Leaves `rests`.
*/
create or replace temp table rests as
select
  t.event_date as event_date,
  t.site as site,
  over_columns,
  cast(sum(t.persons) as bigint) + count(distinct t.visitor) as visitors,
  cast(sum(t.views) as bigint) as views
from asked as t
anti join shown as s on s.event_date = t.event_date and s.site = t.site and s.a = t.a and s.b = t.b
group by grouping sets (set_columns)
