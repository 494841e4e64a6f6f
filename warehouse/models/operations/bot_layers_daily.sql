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
    h.visitor as visitor,
    h.is_bot and coalesce(h.bot_label, '') <> '(no name sent)' as by_pattern,
    h.is_bot and coalesce(h.bot_label, '') = '(no name sent)' as by_no_agent,
    count(*) as requests,
    sum(case when h.kind = 'page' then 1 else 0 end) as page_views
  from hits as h
  group by
    h.event_date,
    h.site,
    h.visitor,
    h.is_bot and coalesce(h.bot_label, '') <> '(no name sent)',
    h.is_bot and coalesce(h.bot_label, '') = '(no name sent)'
),
judged as (
  select
    l.event_date as event_date,
    l.site as site,
    l.by_pattern as by_pattern,
    l.by_no_agent as by_no_agent,
    s.read_robots as by_robots_file,
    s.was_fast as by_rate,
    l.requests as requests,
    l.page_views as page_views
  from labelled as l
  inner join bot_signs as s on s.event_date = l.event_date and s.site = l.site and s.visitor = l.visitor
)
select
  j.event_date as event_date,
  j.site as site,
  j.by_pattern as by_pattern,
  j.by_no_agent as by_no_agent,
  j.by_robots_file as by_robots_file,
  j.by_rate as by_rate,
  cast(sum(j.requests) as bigint) as requests,
  cast(sum(j.page_views) as bigint) as page_views
from judged as j
group by j.event_date, j.site, j.by_pattern, j.by_no_agent, j.by_robots_file, j.by_rate
order by j.event_date, j.site, j.by_pattern, j.by_no_agent, j.by_robots_file, j.by_rate
