/*
How many customers have a profile, in each segment, and how many orders were paid in other money than the profiles add up?

Reads `customer_profiles` and `purchases`; `$currency` is the money of the profiles. The orders stand in a row without a segment.
*/
select p.segment as segment, count(*) as number
from customer_profiles as p
group by p.segment
union all
select cast(null as string) as segment, count(*) as number
from purchases as o
where o.currency <> $currency
order by number desc, segment
