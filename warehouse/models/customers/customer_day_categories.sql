/*
name: customer_day_categories
kind: view
question: How many pages of each part of the site did a customer look at on a day?
inputs: [customer_steps]
*/
select
  s.event_date as event_date,
  s.customer as customer,
  s.category as category,
  count(*) as views
from customer_steps as s
where s.kind = 'page' and s.category is not null
group by s.event_date, s.customer, s.category
