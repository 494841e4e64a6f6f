/*
name: bot_signs
kind: view
question: What did each visitor of a day do as programs do, whatever its agent says? It read robots.txt, or more pages than people read.
inputs: [hits, limits]
*/
with days as (
  select
    h.event_date as event_date,
    h.site as site,
    h.visitor as visitor,
    sum(case when h.path = '/robots.txt' then 1 else 0 end) as robots_files,
    sum(case when h.kind = 'page' then 1 else 0 end) as page_views
  from hits as h
  group by h.event_date, h.site, h.visitor
),
-- Who read no more pages on the whole day than people read in a minute was not fast: of the rest there are few.
minutes as (
  select
    h.event_date as event_date,
    h.site as site,
    h.visitor as visitor,
    date_trunc('minute', h.event_time) as minute,
    count(*) as page_views
  from hits as h
  inner join days as d on d.event_date = h.event_date and d.site = h.site and d.visitor = h.visitor
  cross join limits as l
  where h.kind = 'page' and d.page_views > l.bot_views_minute_max
  group by h.event_date, h.site, h.visitor, date_trunc('minute', h.event_time)
),
fastest as (
  select
    m.event_date as event_date,
    m.site as site,
    m.visitor as visitor,
    max(m.page_views) as page_views
  from minutes as m
  group by m.event_date, m.site, m.visitor
)
select
  d.event_date as event_date,
  d.site as site,
  d.visitor as visitor,
  d.robots_files > 0 as read_robots,
  coalesce(f.page_views, 0) > l.bot_views_minute_max or d.page_views > l.bot_views_day_max as was_fast
from days as d
left join fastest as f on f.event_date = d.event_date and f.site = d.site and f.visitor = d.visitor
cross join limits as l
