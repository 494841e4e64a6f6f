/*
What would `other` be after each pull, in each parent that has small cells?

Reads `counted` (one row per visitor and cell: event_date, site, above, name, visitor, persons, views) and `rule` (k, shared). A row has a
visitor and no persons, or no visitor and so many persons, who are in that cell only; so visitors are always the sum of both.
Leaves `people` (one row per parent: its visitors), `ranked` (one row per cell, with the stage at which it would be
merged: 0 for a small one) and `stages` (one row per parent and stage, with all figures added up to there).
*/
create or replace temp table people as
select
  c.event_date as event_date,
  c.site as site,
  c.above as above,
  cast(sum(c.persons) as bigint) + count(distinct c.visitor) as visitors
from counted as c
group by c.event_date, c.site, c.above;

create or replace temp table ranked as
with cells as (
  select
    c.event_date as event_date,
    c.site as site,
    c.above as above,
    c.name as name,
    cast(sum(c.views) as bigint) as views,
    cast(sum(c.persons) as bigint) + count(c.visitor) as visitors
  from counted as c
  group by c.event_date, c.site, c.above, c.name
),
judged as (
  select
    c.event_date as event_date,
    c.site as site,
    c.above as above,
    c.name as name,
    c.views as views,
    c.visitors as visitors,
    -- Of few people, those who are not in a cell of k are too few themselves: such a cell is hidden like a small one.
    c.visitors < u.k or (u.shared and p.visitors < 2 * u.k and c.visitors < p.visitors) as is_small
  from cells as c
  inner join people as p
    on p.event_date = c.event_date and p.site = c.site and p.above = c.above
  cross join rule as u
)
select
  j.event_date as event_date,
  j.site as site,
  j.above as above,
  j.name as name,
  j.views as views,
  j.visitors as visitors,
  case
    when j.is_small then 0
    else row_number() over (
      partition by j.event_date, j.site, j.above, j.is_small
      order by j.visitors, j.name desc
    )
  end as stage
from judged as j;

create or replace temp table stages as
with parents as (
  select distinct r.event_date as event_date, r.site as site, r.above as above
  from ranked as r
  where r.stage = 0
),
-- A visitor of several members counts at the first stage that holds one of them, and never again.
arrivals as (
  select
    c.event_date as event_date, c.site as site, c.above as above, c.visitor as visitor,
    min(r.stage) as stage, cast(sum(c.persons) as bigint) as persons
  from counted as c
  inner join ranked as r
    on r.event_date = c.event_date and r.site = c.site and r.above = c.above and r.name = c.name
  inner join parents as p
    on p.event_date = c.event_date and p.site = c.site and p.above = c.above
  group by c.event_date, c.site, c.above, c.visitor, case when c.visitor is null then r.stage end
),
arrived as (
  select
    a.event_date as event_date, a.site as site, a.above as above, a.stage as stage,
    cast(sum(a.persons) as bigint) + count(a.visitor) as visitors
  from arrivals as a
  group by a.event_date, a.site, a.above, a.stage
),
steps as (
  select
    r.event_date as event_date,
    r.site as site,
    r.above as above,
    r.stage as stage,
    count(*) as members,
    cast(sum(r.views) as bigint) as views,
    min(r.visitors) as smallest
  from ranked as r
  inner join parents as p
    on p.event_date = r.event_date and p.site = r.site and p.above = r.above
  group by r.event_date, r.site, r.above, r.stage
)
select
  s.event_date as event_date,
  s.site as site,
  s.above as above,
  s.stage as stage,
  cast(sum(s.members) over so_far as bigint) as members,
  cast(sum(s.views) over so_far as bigint) as views,
  cast(sum(coalesce(a.visitors, 0)) over so_far as bigint) as visitors,
  lead(s.smallest) over (partition by s.event_date, s.site, s.above order by s.stage) as visitors_next
from steps as s
left join arrived as a
  on a.event_date = s.event_date and a.site = s.site and a.above = s.above and a.stage = s.stage
window so_far as (
  partition by s.event_date, s.site, s.above
  order by s.stage
  rows between unbounded preceding and current row
);
