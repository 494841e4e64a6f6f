/*
name: bot_signs
kind: view
question: What did each visitor of a day do as programs do, whatever its agent says? It read robots.txt, or more pages than people read.
inputs: [hits, limits]
*/
with minutes as (
  select
    h.event_date as event_date,
    h.site as site,
    h.visitor as visitor,
    date_trunc('minute', h.event_time) as minute,
    sum(case when h.path = '/robots.txt' then 1 else 0 end) as robots_files,
    sum(case when h.kind = 'page' then 1 else 0 end) as page_views
  from hits as h
  group by h.event_date, h.site, h.visitor, date_trunc('minute', h.event_time)
),
days as (
  select
    m.event_date as event_date,
    m.site as site,
    m.visitor as visitor,
    sum(m.robots_files) as robots_files,
    sum(m.page_views) as page_views,
    max(m.page_views) as page_views_in_a_minute
  from minutes as m
  group by m.event_date, m.site, m.visitor
)
select
  d.event_date as event_date,
  d.site as site,
  d.visitor as visitor,
  d.robots_files > 0 as read_robots,
  d.page_views_in_a_minute > l.bot_views_minute_max or d.page_views > l.bot_views_day_max as was_fast
from days as d
cross join limits as l
