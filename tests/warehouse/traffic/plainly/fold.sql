/*
Which lines have to be folded into what is not named, as the table stands?

Reads `asked`, `above` (event_date, site, visitor, at, level, name: in which country a visitor is where `at` is by region), `edges` and `kept` (event_date,
site, at, name, visitors: the lines that are named, `at` a or b). Leaves `folded` (event_date, site, at, name).
*/
create or replace temp table marked as
select
  t.event_date as event_date, t.site as site, t.visitor as visitor, t.a as a, t.b as b,
  x.visitors as a_visitors, y.visitors as b_visitors
from asked as t
left join kept as x on x.at = 'a' and x.event_date = t.event_date and x.site = t.site and x.name = t.a
left join kept as y on y.at = 'b' and y.event_date = t.event_date and y.site = t.site and y.name = t.b;

create or replace temp table folded as
with cells as (
  select
    m.event_date as event_date, m.site as site, m.a as a, m.b as b,
    count(*) as visitors, any_value(m.a_visitors) as a_visitors, any_value(m.b_visitors) as b_visitors
  from marked as m
  where m.a_visitors is not null and m.b_visitors is not null
  group by m.event_date, m.site, m.a, m.b
),
-- Of a cell that is small, or that all but a few of its line are in, the smaller line is folded.
small as (
  select
    c.event_date as event_date, c.site as site,
    case when c.a_visitors <= c.b_visitors then 'a' else 'b' end as at,
    case when c.a_visitors <= c.b_visitors then c.a else c.b end as name
  from cells as c
  cross join edges as e
  where c.visitors < e.k
    or c.a_visitors - c.visitors between 1 and e.k - 1
    or c.b_visitors - c.visitors between 1 and e.k - 1
),
rests as (
  select m.event_date as event_date, m.site as site, 'a' as at, m.a as name
  from marked as m
  where m.a_visitors is not null and m.b_visitors is null
  group by m.event_date, m.site, m.a
  having count(distinct m.visitor) < (select e.k from edges as e)
  union all
  select m.event_date as event_date, m.site as site, 'b' as at, m.b as name
  from marked as m
  where m.a_visitors is null and m.b_visitors is not null
  group by m.event_date, m.site, m.b
  having count(distinct m.visitor) < (select e.k from edges as e)
),
-- What no named line holds follows from the lines' rests, so it has nobody or k as well.
corners as (
  select m.event_date as event_date, m.site as site
  from marked as m
  where m.a_visitors is null and m.b_visitors is null
  group by m.event_date, m.site
  having count(distinct m.visitor) < (select e.k from edges as e)
),
smallest as (
  select
    l.event_date as event_date, l.site as site, l.at as at, l.name as name,
    row_number() over (partition by l.event_date, l.site order by l.visitors, l.at, l.name) as place
  from kept as l
  inner join corners as c on c.event_date = l.event_date and c.site = l.site
),
-- Where each visitor is: in which line (null: in none), in which line of the other dimension, and in what above the line.
placed as (
  select u.event_date as event_date, u.site as site, u.visitor as visitor, u.at as at, u.level as level, u.name as over_name,
    case when u.at = 'a' then m.a else m.b end as name,
    case when u.at = 'a' then m.a_visitors else m.b_visitors end as visitors,
    case when u.at = 'a' and m.b_visitors is not null then m.b when u.at = 'b' and m.a_visitors is not null then m.a end as across
  from above as u
  inner join marked as m on m.event_date = u.event_date and m.site = u.site and m.visitor = u.visitor
),
-- Which lines are within one country: those can be subtracted from it.
nested as (
  select p.event_date as event_date, p.site as site, p.at as at, p.level as level, p.name as name
  from placed as p
  where p.visitors is not null
  group by p.event_date, p.site, p.at, p.level, p.name
  having min(p.over_name) = max(p.over_name)
),
parts as (
  select p.event_date as event_date, p.site as site, p.at as at, p.level as level, p.over_name as over_name, p.across as across,
    p.visitor as visitor, p.visitors as visitors, n.name as name
  from placed as p
  left join nested as n
    on n.event_date = p.event_date and n.site = p.site and n.at = p.at and n.level = p.level and n.name = p.name
    and p.visitors is not null
),
left_over as (
  select p.event_date as event_date, p.site as site, p.at as at, p.level as level, p.over_name as over_name, p.across as across
  from parts as p
  group by p.event_date, p.site, p.at, p.level, p.over_name, p.across
  having count(p.name) > 0
    and count(distinct case when p.name is null then p.visitor end) between 1 and (select e.k - 1 from edges as e)
),
subtracted as (
  select p.event_date as event_date, p.site as site, p.at as at, p.name as name,
    row_number() over (
      partition by p.event_date, p.site, p.at, p.level, p.over_name, p.across order by p.visitors, p.name
    ) as place
  from parts as p
  inner join left_over as o
    on o.event_date = p.event_date and o.site = p.site and o.at = p.at and o.level = p.level
    and o.over_name = p.over_name and o.across is not distinct from p.across
  where p.name is not null
)
select f.event_date as event_date, f.site as site, f.at as at, f.name as name from small as f
union
select n.event_date as event_date, n.site as site, n.at as at, n.name as name from subtracted as n where n.place = 1
union
select r.event_date as event_date, r.site as site, r.at as at, r.name as name from rests as r
union
select s.event_date as event_date, s.site as site, s.at as at, s.name as name from smallest as s where s.place = 1
