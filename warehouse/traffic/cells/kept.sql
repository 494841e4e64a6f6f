/*
Which lines may be named to begin with? Those outside which there are k visitors of the day.

Reads `crowds`; `$k` is written by tables.py.
*/
create or replace temp table kept as
select
  c.event_date as event_date,
  c.site as site,
  case when c.over = 1 then 'a' else 'b' end as at,
  coalesce(c.a, c.b) as name,
  c.visitors as visitors
from crowds as c
where c.over in (1, 2) and coalesce(c.a, c.b) is not null and c.visitors >= $k and c.everybody - c.visitors >= $k
