/*
name: status_daily
kind: by_day
question: How did servers answer requests on each day, by kind and status, for people and for bots?
inputs: [hits]
table: status_daily
keys: [event_date, site, kind, status, is_bot]
audits:
  not_null: [kind, status, is_bot, requests, bytes]
  range: {requests: [1, null], bytes: [0, null]}
  reconcile:
    requests: select count(*) from hits where collected_via = 'log_file'
    bytes: select coalesce(sum(bytes), 0) from hits where collected_via = 'log_file'
*/
select
  h.event_date as event_date,
  h.site as site,
  h.kind as kind,
  h.status as status,
  h.is_bot as is_bot,
  count(*) as requests,
  cast(sum(coalesce(h.bytes, 0)) as bigint) as bytes
from hits as h
where h.collected_via = 'log_file'
group by h.event_date, h.site, h.kind, h.status, h.is_bot
order by h.event_date, h.site, h.kind, h.status, h.is_bot
