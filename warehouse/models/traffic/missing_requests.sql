/*
name: missing_requests
kind: view
question: Which requests of people did a server answer 404? Other ways of collection know no answer.
inputs: [hits]
*/
select
  h.event_date as event_date,
  h.site as site,
  h.path as path,
  h.visitor as visitor
from hits as h
where h.status = 404 and not h.is_bot and h.collected_via = 'log_file'
