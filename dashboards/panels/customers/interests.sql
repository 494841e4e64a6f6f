-- Which parts of the site do customers read, and how many of them?
-- Read by role marketing for purpose profile.
-- A profile keeps shares of its own views; a share times the views of that customer gives views again.
with parts as (
    select views, unnest(map_entries(categories)) as part
    from customer_profiles
)
select
    part.key as category,
    count(*) as customers,
    cast(round(sum(part.value * views)) as bigint) as views
from parts
group by part.key
order by views desc, customers desc, category
