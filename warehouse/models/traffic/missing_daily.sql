/*
name: missing_daily
kind: by_day
question: Which paths did people ask for in vain on each day, and how many people?
inputs: [missing_requests]
table: missing_daily_cells
keys: [event_date, site, path]
audits:
  not_null: [path, views, visitors]
  range: {views: [1, null], visitors: [1, null]}
  reconcile: {views: select count(*) from hits where status = 404 and not is_bot and collected_via = 'log_file'}
release:
  table: missing_daily
  rows: missing_requests
  nested: [path]
  shared: true
*/
select
  m.event_date as event_date,
  m.site as site,
  m.path as path,
  count(*) as views,
  count(distinct m.visitor) as visitors
from missing_requests as m
group by m.event_date, m.site, m.path
order by m.event_date, m.site, m.path
