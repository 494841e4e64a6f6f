/*
name: customer_categories
kind: view
question: Which share of a customer's page views belongs to each part of the site?
inputs: [customer_history]
*/
with counted as (
  select h.customer as customer, h.category as category, count(*) as views
  from customer_history as h
  where h.kind = 'page'
  group by h.customer, h.category
),
shares as (
  select
    c.customer as customer,
    c.category as category,
    c.views as views,
    sum(c.views) over (partition by c.customer) as views_all
  from counted as c
)
select
  s.customer as customer,
  s.category as category,
  cast(s.views as double) / cast(s.views_all as double) as share
from shares as s
where s.category is not null
