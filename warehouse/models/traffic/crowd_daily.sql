/*
name: crowd_daily
kind: by_day
question: How many casual visitors of each day had which place and agent? Who had several of them on a day stands apart.
inputs: [counted_views]
table: crowd_daily_cells
keys: [event_date, site, country, region, device, system, browser, visitor]
audits:
  not_null: [country, region, device, system, browser, visitor, visitors, views]
  range: {views: [1, null], visitors: [0, null], visitor: [0, null]}
  reconcile: {views: select count(*) from counted_views where not is_logged_in}
*/
with told as (
  select
    v.event_date as event_date,
    v.site as site,
    v.country as country,
    v.region as region,
    v.device as device,
    v.system as system,
    v.browser as browser,
    v.visitor as visitor,
    count(*) as views
  from counted_views as v
  where not v.is_logged_in
  group by v.event_date, v.site, v.country, v.region, v.device, v.system, v.browser, v.visitor
),
-- An address and an agent have one place and name, but for a table of places that changed in the middle of a day.
several as (
  select
    t.event_date as event_date,
    t.site as site,
    t.visitor as visitor,
    row_number() over (partition by t.event_date, t.site order by t.visitor) as place
  from told as t
  group by t.event_date, t.site, t.visitor
  having count(*) > 1
),
placed as (
  select
    t.event_date as event_date,
    t.site as site,
    t.country as country,
    t.region as region,
    t.device as device,
    t.system as system,
    t.browser as browser,
    coalesce(s.place, 0) as visitor,
    t.views as views
  from told as t
  left join several as s
    on s.event_date = t.event_date and s.site = t.site and s.visitor = t.visitor
)
select
  p.event_date as event_date,
  p.site as site,
  p.country as country,
  p.region as region,
  p.device as device,
  p.system as system,
  p.browser as browser,
  p.visitor as visitor,
  sum(case when p.visitor = 0 then 1 else 0 end) as visitors,
  sum(p.views) as views
from placed as p
group by p.event_date, p.site, p.country, p.region, p.device, p.system, p.browser, p.visitor
order by p.event_date, p.site, p.country, p.region, p.device, p.system, p.browser, p.visitor
