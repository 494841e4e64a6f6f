/*
name: missing_requests
kind: view
question: Which requests were answered 404, those of bots included?
inputs: [hits]
*/
select
  h.event_date as event_date,
  h.site as site,
  h.path as path,
  h.visitor as visitor
from hits as h
where h.status = 404
