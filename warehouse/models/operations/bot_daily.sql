/*
name: bot_daily
kind: by_day
question: Which bots came on each day, and how much did they take? A rare name can name its owner and joins other.
inputs: [hits, limits]
table: bot_daily
keys: [event_date, site, bot_kind, bot_label]
audits:
  not_null: [bot_kind, bot_label, requests, bytes]
  range: {requests: [1, null], bytes: [0, null]}
  reconcile: {requests: select count(*) from hits where is_bot and collected_via = 'log_file'}
*/
with named as (
  select
    h.event_date as event_date,
    h.site as site,
    coalesce(h.bot_kind, 'unknown') as bot_kind,
    coalesce(h.bot_label, 'unknown') as bot_label,
    count(*) as requests,
    sum(coalesce(h.bytes, 0)) as bytes
  from hits as h
  where h.is_bot and h.collected_via = 'log_file'
  group by h.event_date, h.site, coalesce(h.bot_kind, 'unknown'), coalesce(h.bot_label, 'unknown')
),
told as (
  select
    n.event_date as event_date,
    n.site as site,
    n.bot_kind as bot_kind,
    case when n.requests >= l.bot_requests_min then n.bot_label else 'other' end as bot_label,
    n.requests as requests,
    n.bytes as bytes
  from named as n
  cross join limits as l
)
select
  t.event_date as event_date,
  t.site as site,
  t.bot_kind as bot_kind,
  t.bot_label as bot_label,
  cast(sum(t.requests) as bigint) as requests,
  cast(sum(t.bytes) as bigint) as bytes
from told as t
group by t.event_date, t.site, t.bot_kind, t.bot_label
order by t.event_date, t.site, t.bot_kind, t.bot_label
