/*
Which cells may be named, looked at one by one?

Reads `asked` (one row per visitor and cell of a day: event_date, site, visitor, a, b, views; null for a name that is not shown) and `edges`
(k; is_crossed: the table has lines, for it has two dimensions). Leaves `crowds` (visitors of every day, line and cell) and `shown`.
*/
create or replace temp table crowds as
select
  c.event_date as event_date,
  c.site as site,
  c.a as a,
  c.b as b,
  grouping(c.a, c.b) as over,
  count(distinct c.visitor) as visitors,
  cast(sum(c.views) as bigint) as views
from asked as c
group by grouping sets (
  (c.event_date, c.site, c.a, c.b), (c.event_date, c.site, c.a), (c.event_date, c.site, c.b), (c.event_date, c.site)
);

create or replace temp table shown as
select
  c.event_date as event_date,
  c.site as site,
  c.a as a,
  c.b as b,
  c.views as views,
  c.visitors as visitors
from crowds as c
cross join edges as e
inner join crowds as d on d.event_date = c.event_date and d.site = c.site and d.over = 3
inner join crowds as r on r.event_date = c.event_date and r.site = c.site and r.over = 1 and r.a = c.a
inner join crowds as o on o.event_date = c.event_date and o.site = c.site and o.over = 2 and o.b = c.b
where c.over = 0 and c.visitors >= e.k
  and d.visitors - r.visitors >= e.k
  and (d.visitors - o.visitors >= e.k or not e.is_crossed)
  and (r.visitors = c.visitors or r.visitors - c.visitors >= e.k)
  and (o.visitors = c.visitors or o.visitors - c.visitors >= e.k)
