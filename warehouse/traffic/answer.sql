/*
What does the table of a question say, added up over its days and sites?

Reads `table_of_cells` (see tables.py). The words that end in _columns, and `conditions`, are written by answer.py; all of it from the
closed list of dimensions, values come as parameters.
*/
select by_columns
  cast(sum(t.views) as bigint) as views,
  cast(sum(t.visitors) as bigint) as visitor_days
from table_of_cells as t
where conditions
group_columns
order by order_columns
