-- Which fields has each event of the relation events (value VARCHAR)? One row per value that is JSON.
WITH parsed AS (
  SELECT json_transform(value, '{
    "event_id": "VARCHAR", "site": "VARCHAR", "event_time": "TIMESTAMP", "url": "VARCHAR", "user_agent": "VARCHAR",
    "title": "VARCHAR", "language": "VARCHAR", "product": "VARCHAR", "customer_id": "VARCHAR", "gpc": "BOOLEAN"
  }') AS event
  FROM events WHERE json_valid(value)
)
SELECT unnest(event) FROM parsed
