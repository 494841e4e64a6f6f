/*
Which page views of casual visitors can be asked about, with the name of the host that led to them?

Reads `counted_views` and `own_hosts`. Who was logged in is left out: the releases publish both sides apart and add them up, so that
whatever is told of one side tells nothing about the other; an answer of casual visitors alone stays on their side.
*/
select
  v.event_date as event_date,
  v.site as site,
  v.country as country,
  v.region as region,
  v.path as path,
  case
    when v.referrer_host is null then 'direct'
    when o.host is not null or v.referrer_host = v.site then 'internal'
    when v.referrer_host in ('direct', 'internal', 'unknown') then concat(v.referrer_host, '.')
    else v.referrer_host
  end as referrer_host,
  v.device as device,
  v.browser as browser,
  v.system as system,
  v.visitor as visitor
from counted_views as v
left join own_hosts as o
  on o.site = v.site and o.host = v.referrer_host
where not v.is_logged_in
