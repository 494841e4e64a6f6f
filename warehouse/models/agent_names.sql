/*
name: agent_names
kind: view
question: With which device, browser and system was each page view made? Three rows a view.
inputs: [counted_views]
*/
with named as (
  select
    v.event_date as event_date, v.site as site, 'device' as facet, v.device as name,
    v.visitor as visitor, v.is_logged_in as is_logged_in
  from counted_views as v
  union all
  select
    v.event_date as event_date, v.site as site, 'browser' as facet, v.browser as name,
    v.visitor as visitor, v.is_logged_in as is_logged_in
  from counted_views as v
  union all
  select
    v.event_date as event_date, v.site as site, 'system' as facet, v.system as name,
    v.visitor as visitor, v.is_logged_in as is_logged_in
  from counted_views as v
)
select
  n.event_date as event_date,
  n.site as site,
  n.facet as facet,
  n.name as name,
  n.visitor as visitor,
  n.is_logged_in as is_logged_in
from named as n
