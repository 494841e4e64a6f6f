/*
name: page_daily
kind: by_day
question: How often was each page read on each day, and by how many visitors?
inputs: [counted_views]
table: page_daily_cells
keys: [event_date, site, path]
audits:
  not_null: [path, views, visitors]
  range: {views: [1, null], visitors: [1, null]}
  reconcile: {views: select count(*) from counted_views}
release:
  table: page_daily
  rows: counted_views
  nested: [path]
  shared: true
  apart: is_logged_in
*/
select
  v.event_date as event_date,
  v.site as site,
  v.path as path,
  count(*) as views,
  count(distinct v.visitor) as visitors
from counted_views as v
group by v.event_date, v.site, v.path
order by v.event_date, v.site, v.path
