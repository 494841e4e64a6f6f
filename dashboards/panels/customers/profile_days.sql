-- On which days of the last 26 weeks did each of them read or order?
-- Read by role marketing for purpose profile.
with shown as (
    select customer
    from customer_profiles
    order by monetary desc, customer
    limit $customers_max
)
select
    daily.customer,
    daily.event_date,
    cast(sum(daily.views) as bigint) as views,
    cast(sum(daily.orders) as bigint) as orders,
    sum(daily.amount) as amount
from customer_daily as daily
join shown on shown.customer = daily.customer
where daily.event_date between $as_of - 181 and $as_of
group by daily.customer, daily.event_date
order by daily.customer, daily.event_date desc
