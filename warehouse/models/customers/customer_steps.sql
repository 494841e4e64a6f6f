/*
name: customer_steps
kind: view
question: What did registered customers do on the days asked for, and which of it began a session?
inputs: [customer_events, registered, calendar]
days_before: {customer_events: 1}
*/
with placed as (
  select
    e.event_date as event_date,
    e.customer as customer,
    e.event_time as event_time,
    e.kind as kind,
    e.category as category,
    e.country as country,
    -- Events of one minute have no order; whichever comes first, it alone can begin a session.
    lag(e.event_time) over (partition by e.customer order by e.event_time) as time_before
  from customer_events as e
  inner join registered as r on r.customer = e.customer
)
select
  p.event_date as event_date,
  p.customer as customer,
  p.event_time as event_time,
  p.kind as kind,
  p.category as category,
  p.country as country,
  case
    when p.time_before is null or p.event_time > p.time_before + interval '30' minute then 1
    else 0
  end as begins
from placed as p
inner join calendar as d on d.event_date = p.event_date
