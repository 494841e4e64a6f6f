/*
name: agent_daily
kind: by_day
question: Which devices, browsers and systems were used on each day?
inputs: [agent_names]
table: agent_daily_cells
keys: [event_date, site, facet, name]
audits:
  not_null: [facet, name, views, visitors]
  range: {views: [1, null], visitors: [1, null]}
  reconcile: {views: select 3 * count(*) from counted_views}
release:
  table: agent_daily
  rows: counted_views
  nested: [device, system, browser]
  facets: true
  apart: is_logged_in
*/
select
  a.event_date as event_date,
  a.site as site,
  a.facet as facet,
  a.name as name,
  cast(sum(a.views) as bigint) as views,
  count(distinct a.visitor) as visitors
from agent_names as a
group by a.event_date, a.site, a.facet, a.name
order by a.event_date, a.site, a.facet, a.name
