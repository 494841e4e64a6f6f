-- How many customers have a profile, and how much did they read and order in all?
-- Read by role marketing for purpose profile.
select
    count(*) as customers,
    count(*) filter (where role = 'seller') as sellers,
    count(*) filter (where orders > 0) as buyers,
    cast(coalesce(sum(orders), 0) as bigint) as orders,
    coalesce(sum(monetary), 0) as amount,
    cast(coalesce(sum(views), 0) as bigint) as views,
    cast(coalesce(sum(sessions), 0) as bigint) as sessions,
    max(as_of) as as_of
from customer_profiles
