/*
name: customer_last_paths
kind: view
question: Which are the 20 newest pages of each customer? Only the newest days that hold so many are looked at.
inputs: [customer_daily, customer_history]
*/
with counted as (
  select
    d.customer as customer,
    d.event_date as event_date,
    sum(d.views) over (
      partition by d.customer order by d.event_date desc rows between unbounded preceding and 1 preceding
    ) as views_later
  from customer_daily as d
  where d.views > 0 and d.event_date <= :as_of
),
newest as (
  select
    h.customer as customer,
    h.path as path,
    date_trunc('minute', h.event_time) as minute,
    row_number() over (partition by h.customer order by h.event_time desc, h.path) as place
  from customer_history as h
  inner join counted as c on c.customer = h.customer and c.event_date = h.event_date
  where h.kind = 'page' and coalesce(c.views_later, 0) < 20
)
select
  n.customer as customer,
  n.path as path,
  n.minute as minute,
  n.place as place
from newest as n
where n.place <= 20
