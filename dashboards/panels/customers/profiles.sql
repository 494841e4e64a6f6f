-- Which customers have spent most, and what did each of them read last?
-- Read by role marketing for purpose profile.
select
    customer, role, segment, r, f, m, recency_days, orders, monetary, top_country,
    first_seen, last_seen, days_seen, sessions, views, first_order, last_order, categories, last_paths
from customer_profiles
order by monetary desc, customer
limit $customers_max
