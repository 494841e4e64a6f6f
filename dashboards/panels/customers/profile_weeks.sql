-- How much did all of them read and order in each of the last 26 weeks?
-- Read by role marketing for purpose profile.
-- Week 25 is the one that ends on the day of the profiles.
select
    cast(25 - ($as_of - event_date) // 7 as integer) as week,
    cast(sum(views) as bigint) as views,
    cast(sum(orders) as bigint) as orders,
    sum(amount) as amount
from customer_daily
where event_date between $as_of - 181 and $as_of
group by week
order by week
