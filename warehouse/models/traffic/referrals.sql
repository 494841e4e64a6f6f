/*
name: referrals
kind: view
question: From where did each page view come - straight, from the site itself, from which host, or is it unknown?
inputs: [counted_views, own_hosts]
*/
select
  v.event_date as event_date,
  v.site as site,
  case
    when v.is_logged_in then 'unknown'
    when v.referrer_host is null then 'direct'
    when o.host is not null or v.referrer_host = v.site then 'internal'
    -- A host may bear one of our own words; its full form ends in a dot and cannot be mistaken for them.
    when v.referrer_host in ('direct', 'internal', 'unknown') then concat(v.referrer_host, '.')
    else v.referrer_host
  end as referrer_host,
  v.visitor as visitor,
  v.is_logged_in as is_logged_in
from counted_views as v
left join own_hosts as o
  on o.site = v.site and o.host = v.referrer_host
