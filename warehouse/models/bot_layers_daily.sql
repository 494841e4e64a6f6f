/*
name: bot_layers_daily
kind: by_day
question: How many requests does each layer call a program's, and on how many do they disagree? One row per combination of the four layers.
inputs: [hits, bot_signs]
table: bot_layers_daily
keys: [event_date, site, by_pattern, by_no_agent, by_robots_file, by_rate]
audits:
  not_null: [by_pattern, by_no_agent, by_robots_file, by_rate, requests, page_views]
  range: {requests: [1, null], page_views: [0, null]}
  reconcile: {requests: select count(*) from hits}
*/
with labelled as (
  select
    h.event_date as event_date,
    h.site as site,
    h.is_bot and coalesce(h.bot_label, '') <> '(no name sent)' as by_pattern,
    h.is_bot and coalesce(h.bot_label, '') = '(no name sent)' as by_no_agent,
    s.read_robots as by_robots_file,
    s.was_fast as by_rate,
    case when h.kind = 'page' then 1 else 0 end as is_page
  from hits as h
  join bot_signs as s on s.event_date = h.event_date and s.site = h.site and s.visitor = h.visitor
)
select
  b.event_date as event_date,
  b.site as site,
  b.by_pattern as by_pattern,
  b.by_no_agent as by_no_agent,
  b.by_robots_file as by_robots_file,
  b.by_rate as by_rate,
  count(*) as requests,
  cast(sum(b.is_page) as bigint) as page_views
from labelled as b
group by b.event_date, b.site, b.by_pattern, b.by_no_agent, b.by_robots_file, b.by_rate
order by b.event_date, b.site, b.by_pattern, b.by_no_agent, b.by_robots_file, b.by_rate
