/*
name: counted_views
kind: view
question: Which page views count, of casual visitors and of those who were logged in? One way of collection a day and site.
inputs: [page_views, customer_events, counting, counting_days]
*/
with anonymous as (
  select
    v.event_date as event_date,
    v.site as site,
    v.path as path,
    v.referrer_host as referrer_host,
    v.country as country,
    v.region as region,
    v.device as device,
    v.browser as browser,
    v.system as system,
    v.visitor as visitor,
    false as is_logged_in
  from page_views as v
  inner join counting_days as d on d.event_date = v.event_date and d.site = v.site
  where d.channel = case when v.collected_via = 'log_file' then 'log_file' else 'clickstream' end
),
logged_in as (
  select
    e.event_date as event_date,
    e.site as site,
    e.path as path,
    cast(null as string) as referrer_host,
    e.country as country,
    'unknown' as region,
    'unknown' as device,
    'unknown' as browser,
    'unknown' as system,
    -- A number of the day that is no pseudonym. The numbers of casual visitors are spread over all of 64 bits.
    dense_rank() over (partition by e.event_date, e.site order by e.customer) - 9223372036854775807 as visitor,
    true as is_logged_in
  from customer_events as e
  left join counting_days as d on d.event_date = e.event_date and d.site = e.site
  left join counting as c on c.site = e.site
  -- Where the log counts, its line of the same request was counted already.
  where e.kind = 'page' and coalesce(d.channel, c.channel, 'clickstream') = 'clickstream'
),
counted as (
  select
    a.event_date as event_date, a.site as site, a.path as path, a.referrer_host as referrer_host,
    a.country as country, a.region as region, a.device as device, a.browser as browser, a.system as system,
    a.visitor as visitor, a.is_logged_in as is_logged_in
  from anonymous as a
  union all
  select
    l.event_date as event_date, l.site as site, l.path as path, l.referrer_host as referrer_host,
    l.country as country, l.region as region, l.device as device, l.browser as browser, l.system as system,
    l.visitor as visitor, l.is_logged_in as is_logged_in
  from logged_in as l
)
select
  n.event_date as event_date,
  n.site as site,
  n.path as path,
  n.referrer_host as referrer_host,
  n.country as country,
  n.region as region,
  n.device as device,
  n.browser as browser,
  n.system as system,
  n.visitor as visitor,
  n.is_logged_in as is_logged_in
from counted as n
