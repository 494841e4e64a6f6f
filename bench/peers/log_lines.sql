-- Which parts has each combined log line of the relation lines (line VARCHAR)? One row per line that has them.
WITH quoted AS (SELECT string_split(line, '"') AS q FROM lines),
split AS (
  SELECT string_split(q[1], ' ') AS head, string_split(q[2], ' ') AS request, string_split(q[3], ' ') AS answer, q FROM quoted
)
SELECT
  head[3] AS "user",
  try_strptime(head[4][2:] || ' ' || head[5][:5], '%d/%b/%Y:%H:%M:%S %z') AS event_time,
  request[1] AS method,
  request[2] AS path,
  request[3] AS protocol,
  try_cast(answer[2] AS SMALLINT) AS status,
  try_cast(answer[3] AS BIGINT) AS bytes,
  q[4] AS referrer,
  q[6] AS agent
FROM split
WHERE try_cast(answer[2] AS SMALLINT) IS NOT NULL
