/*
What is published of each parent?

Reads `ranked` and `stages` (see stages.sql) and `chosen` (event_date, site, above, stage, groups; stage is null where
nothing may be published). A parent that is not in `chosen` has no small cell and is published as it is.
*/
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
  c.groups as groups
from chosen as c
inner join stages as s
  on s.event_date = c.event_date and s.site = c.site and s.above = c.above and s.stage = c.stage
