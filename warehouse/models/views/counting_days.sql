/*
name: counting_days
kind: view
question: Which way of collection counts on each day of a site? Its own choice, else the log wherever there is one.
inputs: [page_views, counting]
kept: true
*/
with found as (
  select
    v.event_date as event_date,
    v.site as site,
    max(case when v.collected_via = 'log_file' then 1 else 0 end) as has_log
  from page_views as v
  group by v.event_date, v.site
)
select
  f.event_date as event_date,
  f.site as site,
  coalesce(c.channel, case when f.has_log = 1 then 'log_file' else 'clickstream' end) as channel
from found as f
left join counting as c on c.site = f.site
