/*
How many hits came after their day was closed, by day? What was published of such a day stays as it is, so they are in no release.

Reads `hits` of the closed days, and `released`: when a day of a site was published last. A site that had too few visitors then has
no row there; the newest of its day counts. A night reads what came in after it began, so what came within an hour of a release is
taken to be in it.
*/
with sites as (
  select r.event_date as event_date, r.site as site, max(r.released_at) as released_at
  from released as r
  group by r.event_date, r.site
),
days as (
  select s.event_date as event_date, max(s.released_at) as released_at
  from sites as s
  group by s.event_date
)
select h.event_date as event_date, count(*) as hits
from hits as h
join days as d on d.event_date = h.event_date
left join sites as s on s.event_date = h.event_date and s.site = h.site
where h.taken_at > coalesce(s.released_at, d.released_at) + interval '1 hour'
group by h.event_date
order by h.event_date
