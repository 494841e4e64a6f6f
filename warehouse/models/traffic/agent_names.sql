/*
name: agent_names
kind: view
question: With which device, browser and system did each visitor read how many pages? Three rows a visitor, or more.
inputs: [counted_views]
*/
with visits as (
  select
    v.event_date as event_date,
    v.site as site,
    v.device as device,
    v.browser as browser,
    v.system as system,
    v.visitor as visitor,
    v.is_logged_in as is_logged_in,
    count(*) as views
  from counted_views as v
  group by v.event_date, v.site, v.device, v.browser, v.system, v.visitor, v.is_logged_in
),
named as (
  select
    v.event_date as event_date, v.site as site, 'device' as facet, v.device as name,
    v.visitor as visitor, v.is_logged_in as is_logged_in, v.views as views
  from visits as v
  union all
  select
    v.event_date as event_date, v.site as site, 'browser' as facet, v.browser as name,
    v.visitor as visitor, v.is_logged_in as is_logged_in, v.views as views
  from visits as v
  union all
  select
    v.event_date as event_date, v.site as site, 'system' as facet, v.system as name,
    v.visitor as visitor, v.is_logged_in as is_logged_in, v.views as views
  from visits as v
)
select
  n.event_date as event_date,
  n.site as site,
  n.facet as facet,
  n.name as name,
  n.visitor as visitor,
  n.is_logged_in as is_logged_in,
  n.views as views
from named as n
