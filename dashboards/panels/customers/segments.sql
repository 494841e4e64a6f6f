-- Which groups of customers are there, by how lately and how often they buy?
-- Read by role marketing for purpose profile.
select
    segment,
    count(*) as customers,
    cast(sum(orders) as bigint) as orders,
    sum(monetary) as amount
from customer_profiles
group by segment
order by amount desc, customers desc, segment
