/*
name: page_views
kind: view
question: Which hits are pages that people read?
inputs: [hits]
*/
select
  h.event_date as event_date,
  h.event_time as event_time,
  h.utc_offset_min as utc_offset_min,
  h.site as site,
  h.channel as channel,
  h.collected_via as collected_via,
  h.path as path,
  h.query as query,
  h.status as status,
  h.bytes as bytes,
  h.referrer_host as referrer_host,
  h.country as country,
  h.region as region,
  h.device as device,
  h.browser as browser,
  h.system as system,
  h.visitor as visitor
from hits as h
where h.kind = 'page' and not h.is_bot
