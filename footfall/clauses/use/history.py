"""Profiles' figures, traced to the days that they were made of."""

from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged, not_applicable

SUMS = """
select count(*) as profiles, sum(p.views) as views, sum(p.orders) as orders, sum(p.days_seen) as days,
    count(*) filter (where d.customer is null) as without_days,
    count(*) filter (where d.views <> p.views) as views_off,
    count(*) filter (where d.sessions <> p.sessions) as sessions_off,
    count(*) filter (where d.orders <> p.orders or d.orders <> p.frequency) as orders_off,
    count(*) filter (where d.amount <> p.monetary) as amounts_off,
    count(*) filter (where d.days <> p.days_seen) as days_off
from customer_profiles as p
left join (
    select d.customer, sum(d.views) as views, sum(d.sessions) as sessions, sum(d.orders) as orders, sum(d.amount) as amount,
        count(*) as days
    from customer_daily as d
    where d.event_date <= (select max(as_of) from customer_profiles)
    group by d.customer
) as d on d.customer = p.customer
"""
TRACED = """
select count(*) as rows, count(*) filter (where e.customer is null) as untraced
from customer_daily as d
left join (
    select customer, event_date from customer_events union select customer, event_date from purchases
) as e on e.customer = d.customer and e.event_date = d.event_date
"""


def figures_traceable(evidence: Evidence) -> Finding:
    """R30: each figure of a profile is the sum of its days, and each day has events or orders in its partition."""
    if not evidence.has_profiles:
        return not_applicable("there are no profiles; registrations and events make them, `footfall nightly` then")
    sums, traced = evidence.ask(SUMS, "profile")[0], evidence.ask(TRACED, "profile")[0]
    defects = [
        f"the {what.replace('_', ' ')} of {sums[name]} profiles are not those of their days"
        for name, what in (
            ("without_days", "figures"),
            ("views_off", "views"),
            ("sessions_off", "sessions"),
            ("orders_off", "orders"),
            ("amounts_off", "amounts"),
            ("days_off", "days_seen"),
        )
        if sums[name]
    ]
    if traced["untraced"]:
        defects.append(f"{traced['untraced']} customers' days have no event and no order in their partition")
    partitions = len(
        {*evidence.house.lake.table("customer_events").days(), *evidence.house.lake.table("purchases").days()}
    )
    return judged(
        f"{sums['profiles']:,} profiles with {sums['views'] or 0:,} views and {sums['orders'] or 0:,} orders are the sums of "
        f"{traced['rows']:,} customers' days, each found in one of {partitions} day partitions",
        defects,
    )
