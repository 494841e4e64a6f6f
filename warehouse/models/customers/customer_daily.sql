/*
name: customer_daily
kind: by_day
question: What did each registered customer do on each day with an event or order? A session counts where it began.
inputs: [customer_steps, purchases, registered]
table: customer_daily
keys: [event_date, customer]
audits:
  not_null: [views, sessions, minutes, country, orders, amount]
  range: {views: [0, null], sessions: [0, null], minutes: [0, 1440], orders: [0, null]}
  reconcile:
    views: select count(*) from customer_steps where kind = 'page'
    sessions: select coalesce(sum(begins), 0) from customer_steps
nested:
  categories: {map_of: {rows: customer_day_categories, key: category, value: views}}
*/
with browsed as (
  select
    s.event_date as event_date,
    s.customer as customer,
    count(*) filter (where s.kind = 'page') as views,
    sum(s.begins) as sessions,
    count(distinct date_trunc('minute', s.event_time)) as minutes
  from customer_steps as s
  group by s.event_date, s.customer
),
countries as (
  select s.event_date as event_date, s.customer as customer, s.country as country, count(*) as events
  from customer_steps as s
  group by s.event_date, s.customer, s.country
),
ranked as (
  select
    c.event_date as event_date,
    c.customer as customer,
    c.country as country,
    row_number() over (partition by c.event_date, c.customer order by c.events desc, c.country) as place
  from countries as c
),
ordered as (
  select
    p.event_date as event_date,
    p.customer as customer,
    count(*) as orders,
    sum(case when p.currency = :currency then p.amount else 0 end) as amount
  from purchases as p
  inner join registered as r on r.customer = p.customer
  group by p.event_date, p.customer
)
select
  coalesce(b.event_date, o.event_date) as event_date,
  coalesce(b.customer, o.customer) as customer,
  coalesce(b.views, 0) as views,
  cast(coalesce(b.sessions, 0) as int) as sessions,
  cast(coalesce(b.minutes, 0) as int) as minutes,
  coalesce(n.country, 'unknown') as country,
  cast(coalesce(o.orders, 0) as int) as orders,
  cast(coalesce(o.amount, 0) as decimal(18, 2)) as amount
from browsed as b
full join ordered as o on o.event_date = b.event_date and o.customer = b.customer
left join ranked as n on n.event_date = b.event_date and n.customer = b.customer and n.place = 1
order by event_date, customer
