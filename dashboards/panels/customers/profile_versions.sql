-- Under which policy versions were the profiles made?
-- Read by role marketing for purpose profile.
select distinct policy_version
from customer_profiles
order by policy_version
