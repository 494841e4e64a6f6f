/*
Which rows does a table of several levels show: the inner cells of every outer cell that is shown, and one row for the rest?

Reads `outer_rows` and `inner_rows` (event_date, site, above, name, views, visitors, groups); `above` of an inner row is
the path of its outer cell, which is that one's `above` and its name. What an outer cell has is the sum of its rows, so no
two tables can be subtracted. A row for the rest goes on as `other` to the innermost level.
*/
select
  i.event_date as event_date,
  i.site as site,
  i.above as above,
  i.name as name,
  i.views as views,
  i.visitors as visitors,
  i.groups as groups
from inner_rows as i
inner join outer_rows as o
  on o.event_date = i.event_date and o.site = i.site and concat(o.above, o.name, chr(31)) = i.above and o.groups = 0
union all
select
  o.event_date as event_date,
  o.site as site,
  concat(o.above, o.name, chr(31)) as above,
  'other' as name,
  o.views as views,
  o.visitors as visitors,
  o.groups as groups
from outer_rows as o
where o.groups > 0
