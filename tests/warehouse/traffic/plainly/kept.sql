/*
Which lines may be named to begin with? Those outside which there are k visitors of the day.

Reads `crowds` and `edges`.
*/
create or replace temp table kept as
select
  c.event_date as event_date,
  c.site as site,
  case when c.over = 1 then 'a' else 'b' end as at,
  coalesce(c.a, c.b) as name,
  c.visitors as visitors
from crowds as c
cross join edges as e
inner join crowds as d on d.event_date = c.event_date and d.site = c.site and d.over = 3
where c.over in (1, 2) and coalesce(c.a, c.b) is not null and c.visitors >= e.k and d.visitors - c.visitors >= e.k
