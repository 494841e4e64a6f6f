/*
What is published of each parent?

Reads `people`, `ranked` and `stages` (see stages.sql), `rule` (k, shared) and `chosen` (event_date, site, above, stage;
stage is null where nothing may be published). A parent that is not in `chosen` has no small cell and is published as it is.
*/
with parts as (
  select
    r.event_date as event_date,
    r.site as site,
    r.above as above,
    r.name as name,
    r.views as views,
    r.visitors as visitors,
    0 as groups
  from ranked as r
  left join chosen as c
    on c.event_date = r.event_date and c.site = r.site and c.above = r.above
  where c.event_date is null or r.stage > c.stage
  union all
  select
    s.event_date as event_date,
    s.site as site,
    s.above as above,
    'other' as name,
    s.views as views,
    s.visitors as visitors,
    -- Two or more; how many they are would bound each of them.
    2 as groups
  from chosen as c
  inner join stages as s
    on s.event_date = c.event_date and s.site = c.site and s.above = c.above and s.stage = c.stage
)
select
  t.event_date as event_date,
  t.site as site,
  t.above as above,
  t.name as name,
  t.views as views,
  -- Fewer than k people who are not in a row could be subtracted; here the parent has 2k people or more.
  case
    when u.shared and p.visitors - t.visitors between 1 and u.k - 1 then p.visitors - u.k
    else t.visitors
  end as visitors,
  t.groups as groups
from parts as t
inner join people as p
  on p.event_date = t.event_date and p.site = t.site and p.above = t.above
cross join rule as u
