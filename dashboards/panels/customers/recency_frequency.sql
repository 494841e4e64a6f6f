-- How recent and how frequent are the buyers, in fifths, and what has one of them spent?
-- Read by role marketing for purpose profile.
select
    r,
    f,
    count(*) as customers,
    sum(monetary) as amount
from customer_profiles
where r is not null and f is not null
group by r, f
order by r desc, f
