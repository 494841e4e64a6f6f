/*
name: referrer_daily
kind: by_day
question: From which hosts did views come on each day?
inputs: [referrals]
table: referrer_daily_cells
keys: [event_date, site, referrer_host]
audits:
  not_null: [referrer_host, views, visitors]
  range: {views: [1, null], visitors: [1, null]}
  reconcile: {views: select count(*) from counted_views}
release:
  table: referrer_daily
  rows: referrals
  nested: [referrer_host]
  shared: true
  apart: is_logged_in
*/
select
  r.event_date as event_date,
  r.site as site,
  r.referrer_host as referrer_host,
  count(*) as views,
  count(distinct r.visitor) as visitors
from referrals as r
group by r.event_date, r.site, r.referrer_host
order by r.event_date, r.site, r.referrer_host
