/*
name: customer_profiles
kind: whole
question: Who are the registered customers, by what they looked at and bought up to the date of the run?
inputs: [customer_history, customer_daily, customer_scores, registered]
table: customer_profiles
keys: [customer]
audits:
  not_null: [role, first_seen, last_seen, days_seen, sessions, views, top_country, orders, frequency, monetary, segment, as_of]
  range: {days_seen: [1, null], sessions: [0, null], recency_days: [0, null], r: [1, 5], f: [1, 5], m: [1, 5]}
  reconcile:
    views: select count(*) from customer_history where kind = 'page'
    orders: select coalesce(sum(orders), 0) from customer_scores
nested:
  categories: {map_of: {rows: customer_categories, key: category, value: share}}
  last_paths: {list_of: {rows: customer_last_paths, items: [path, minute], order: place}}
*/
with countries as (
  select
    h.customer as customer,
    h.country as country,
    count(*) as events,
    min(h.event_time) as first_time,
    max(h.event_time) as last_time
  from customer_history as h
  group by h.customer, h.country
),
ranked as (
  select
    c.customer as customer,
    c.country as country,
    row_number() over (partition by c.customer order by c.events desc, c.country) as place
  from countries as c
),
-- An order shows that the customer was there, as any other event does.
times as (
  select c.customer as customer, c.first_time as first_time, c.last_time as last_time
  from countries as c
  union all
  select s.customer as customer, s.first_order as first_time, s.last_order as last_time
  from customer_scores as s
),
seen as (
  select t.customer as customer, min(t.first_time) as first_seen, max(t.last_time) as last_seen
  from times as t
  group by t.customer
),
days as (
  select d.customer as customer, count(*) as days_seen, sum(d.sessions) as sessions, sum(d.views) as views
  from customer_daily as d
  where d.event_date <= :as_of
  group by d.customer
)
select
  n.customer as customer,
  g.role as role,
  n.first_seen as first_seen,
  n.last_seen as last_seen,
  cast(d.days_seen as int) as days_seen,
  cast(d.sessions as bigint) as sessions,
  cast(d.views as bigint) as views,
  coalesce(c.country, 'unknown') as top_country,
  cast(coalesce(s.orders, 0) as int) as orders,
  s.first_order as first_order,
  s.last_order as last_order,
  s.recency_days as recency_days,
  cast(coalesce(s.orders, 0) as int) as frequency,
  cast(coalesce(s.monetary, 0) as decimal(18, 2)) as monetary,
  cast(s.r as smallint) as r,
  cast(s.f as smallint) as f,
  cast(s.m as smallint) as m,
  case
    when s.orders is null then 'visitor'
    when s.r >= 4 and s.f >= 4 then 'champion'
    when s.f >= 4 then 'loyal'
    when s.r >= 4 then 'promising'
    when s.r <= 2 and s.f >= 3 then 'at risk'
    when s.r <= 2 and s.f <= 2 then 'lost'
    else 'regular'
  end as segment,
  cast(:as_of as date) as as_of
from seen as n
inner join registered as g on g.customer = n.customer
inner join days as d on d.customer = n.customer
left join ranked as c on c.customer = n.customer and c.place = 1
left join customer_scores as s on s.customer = n.customer
order by customer
