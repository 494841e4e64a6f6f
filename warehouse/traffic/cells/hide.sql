/*
Which cell has to join the rest of a day, of one dimension, which has some visitors but fewer than k? The smallest of each such day.

Reads `shown` and `rests`; takes the cells out of `shown`. `$k` is written by tables.py.
*/
delete from shown
using (
  select s.event_date as event_date, s.site as site, s.a as a, s.b as b
  from (
    select
      s.event_date as event_date,
      s.site as site,
      s.a as a,
      s.b as b,
      row_number() over (
        partition by s.event_date, s.site
        order by s.visitors, s.a desc, s.b desc
      ) as place
    from shown as s
    inner join rests as few on few.event_date = s.event_date and few.site = s.site and few.over = 3 and few.visitors < $k
  ) as s
  where s.place = 1
) as joins
where shown.event_date = joins.event_date and shown.site = joins.site and shown.a = joins.a and shown.b = joins.b
