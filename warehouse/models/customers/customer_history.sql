/*
name: customer_history
kind: view
question: Which retained events make the profiles? Those of registered customers, up to the date of the run.
inputs: [customer_events, registered]
*/
select
  e.event_date as event_date,
  e.customer as customer,
  e.event_time as event_time,
  e.kind as kind,
  e.path as path,
  e.category as category,
  e.country as country
from customer_events as e
inner join registered as r on r.customer = e.customer
where e.event_date <= :as_of
