-- Where are the customers, each counted where most of their events came from?
-- Read by role marketing for purpose profile.
select
    top_country as country,
    count(*) as customers,
    cast(sum(orders) as bigint) as orders,
    sum(monetary) as amount
from customer_profiles
group by top_country
order by customers desc, amount desc, country
