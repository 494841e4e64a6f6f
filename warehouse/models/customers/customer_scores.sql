/*
name: customer_scores
kind: view
question: How recently, how often and for how much did each customer order, and in which fifth is that? 5 is best.
inputs: [purchases, registered, calendar]
*/
with ordered as (
  select
    p.customer as customer,
    count(*) as orders,
    min(p.order_time) as first_order,
    max(p.order_time) as last_order,
    max(p.event_date) as last_date,
    cast(sum(case when p.currency = :currency then p.amount else 0 end) as decimal(18, 2)) as monetary
  from purchases as p
  inner join registered as r on r.customer = p.customer
  where p.event_date <= :as_of
  group by p.customer
)
select
  o.customer as customer,
  o.orders as orders,
  o.first_order as first_order,
  o.last_order as last_order,
  c.days_ago as recency_days,
  o.monetary as monetary,
  ntile(5) over (order by c.days_ago desc, o.customer) as r,
  ntile(5) over (order by o.orders, o.customer) as f,
  ntile(5) over (order by o.monetary, o.customer) as m
from ordered as o
inner join calendar as c on c.event_date = o.last_date
