/*
name: geo_daily
kind: by_day
question: How many views and visitors came from each region on each day?
inputs: [counted_views]
table: geo_daily_cells
keys: [event_date, site, country, region]
audits:
  not_null: [country, region, views, visitors]
  range: {views: [1, null], visitors: [1, null]}
  reconcile: {views: select count(*) from counted_views}
release:
  table: geo_daily
  rows: counted_views
  nested: [country, region]
  apart: is_logged_in
*/
select
  v.event_date as event_date,
  v.site as site,
  v.country as country,
  v.region as region,
  count(*) as views,
  count(distinct v.visitor) as visitors
from counted_views as v
group by v.event_date, v.site, v.country, v.region
order by v.event_date, v.site, v.country, v.region
