"""Accounts: who registers, as what, when, and how they change their minds; some are children, some never register."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from footfall.simulate.customers.records import REGISTRATION, Registration, Rows, times_of
from footfall.simulate.traffic.canaries import draw_word
from footfall.simulate.traffic.people import FIRST_NAMES, LAST_NAMES
from footfall.simulate.world.shop import NOUNS

CHILD_SHARE: Final = 0.02
UNREGISTERED_SHARE: Final = 0.03
SELLER_SHARE: Final = 0.15
BEFORE_SHARE: Final = 0.6
"""Accounts that registered before the period."""
BEFORE_DAYS_MAX: Final = 700
CHANGED_SHARE: Final = 0.2
CHILD_CHANGED_SHARE: Final = 0.34
NEW_EMAIL_SHARE: Final = 0.7
COMPANY_SHARE: Final = 0.15
HALF: Final = 0.5
COMMUNICATIONS: Final = ("service_news", "products", "services", "special_deals", "newsletter")
NO_PROFILE: Final = "profile"
NO_PROFILE_SHARE: Final = 0.04
POLICY_VERSION: Final = "1.4"
ADULT, CHILD, UNREGISTERED = range(3)


@dataclass(frozen=True, slots=True)
class Account:
    """One account.

    Attributes:
        customer_id: what logged-in events and orders name.
        standing: ADULT, CHILD, or UNREGISTERED, whose form never arrives.
        role: customer or seller.
        name, company, phone, country: as the form says; None where it does not.
        emails, opt_outs: by version of the form; an opt-out of None says nothing.
        ages, births: by version; what tells a child from others, mostly left out.
        registered: time of each version, ascending; empty for the unregistered.
    """

    customer_id: str
    standing: int
    role: str
    name: str
    company: str | None
    phone: str | None
    country: str
    emails: tuple[str, ...]
    opt_outs: tuple[tuple[str, ...] | None, ...]
    ages: tuple[int | None, ...]
    births: tuple[str | None, ...]
    registered: tuple[datetime, ...]


def open_accounts(rng: np.random.Generator, countries: list[str], start: datetime, days: int) -> list[Account]:
    """Open one account for each of the home `countries`; every kind of account is there once there are 25 of them."""
    standings = rng.permutation(_standings(len(countries)))
    return [
        _account(rng, number, country=country, standing=int(standing), start=start, days=days)
        for number, (country, standing) in enumerate(zip(countries, standings, strict=True))
    ]


def registrations_of(rng: np.random.Generator, accounts: list[Account]) -> Rows:
    """Make the rows of all forms that the accounts send, in no order."""
    versions = [(number, version) for number, one in enumerate(accounts) for version in range(len(one.registered))]
    rows = np.zeros(len(versions), REGISTRATION)
    if versions:
        rows["account"], rows["version"] = np.array(versions).T
        rows["time_ms"] = [_ms(accounts[number].registered[version]) for number, version in versions]
    rows["number"] = np.arange(len(rows))
    rows["arrives_ms"] = rows["time_ms"] + rng.integers(200, 5000, len(rows))
    return rows


def first_registered_ms(accounts: list[Account]) -> npt.NDArray[np.int64]:
    """Give when each account begins to log in; long before everything for those that never register."""
    return np.array([_ms(one.registered[0]) if one.registered else 0 for one in accounts], np.int64)


def spell_registrations(accounts: list[Account], ids: list[str], rows: Rows) -> list[Registration]:
    """Spell out rows of registrations; `ids` has the event id of each number."""
    times = times_of(rows["time_ms"])
    found = []
    for number, account, version, time in zip(
        rows["number"].tolist(), rows["account"].tolist(), rows["version"].tolist(), times, strict=True
    ):
        one = accounts[account]
        found.append(
            Registration(
                ids[number],
                time,
                one.customer_id,
                one.role,
                one.name,
                one.emails[version],
                POLICY_VERSION,
                one.country,
                one.company,
                one.births[version],
                one.ages[version],
                one.phone,
                one.opt_outs[version],
                True if account % 7 == 0 else None,
            )
        )
    return found


def _standings(count: int) -> npt.NDArray[np.int64]:
    standings = np.full(count, ADULT)
    children = max(int(count * CHILD_SHARE), min(3, count // 8))
    strangers = max(int(count * UNREGISTERED_SHARE), min(2, count // 8))
    standings[:children] = CHILD
    standings[children : children + strangers] = UNREGISTERED
    return standings


def _account(
    rng: np.random.Generator, number: int, *, country: str, standing: int, start: datetime, days: int
) -> Account:
    is_seller = standing == ADULT and bool(rng.random() < SELLER_SHARE)
    word = draw_word(rng, 6).capitalize()
    first, last = FIRST_NAMES[number % len(FIRST_NAMES)], LAST_NAMES[int(rng.integers(len(LAST_NAMES)))]
    times = _times(rng, standing, start, days)
    emails = [f"{first.lower()}.{draw_word(rng, 8).lower()}@{('example.org', 'example.com')[number % 2]}"]
    opt_outs: list[tuple[str, ...] | None] = [_opt_outs(rng, ()) if rng.random() < CHANGED_SHARE else None]
    if len(times) > 1:
        changes_email = bool(rng.random() < NEW_EMAIL_SHARE)
        emails.append(f"new.{draw_word(rng, 10).lower()}@example.org" if changes_email else emails[0])
        adds = not changes_email or rng.random() < HALF
        opt_outs.append(_opt_outs(rng, opt_outs[0] or ()) if adds else None)
    ages, births = _ages(rng, standing, times)
    is_company = is_seller or rng.random() < COMPANY_SHARE
    company = (
        f"{NOUNS[number % len(NOUNS)].capitalize()} {draw_word(rng, 7).capitalize()} Works" if is_company else None
    )
    phone = f"+447700900{rng.integers(1000):03}" if rng.random() < HALF else None
    return Account(
        customer_id=f"{'s' if is_seller else 'c'}{100_000 + number}-{draw_word(rng, 8)}",
        standing=standing,
        role="seller" if is_seller else "customer",
        name=f"{first} {last}-{word}",
        company=company,
        phone=phone,
        country=country,
        emails=tuple(emails),
        opt_outs=tuple(opt_outs),
        ages=ages,
        births=births,
        registered=times,
    )


def _times(rng: np.random.Generator, standing: int, start: datetime, days: int) -> tuple[datetime, ...]:
    """Draw when an account sends its forms; everything in whole seconds, the last well inside the period."""
    if standing == UNREGISTERED:
        return ()
    end = start + timedelta(days=days)
    if rng.random() < BEFORE_SHARE:
        first = start - timedelta(seconds=int(rng.integers(3600, BEFORE_DAYS_MAX * 86_400)))
    else:
        first = start + timedelta(seconds=int(rng.integers(0, max(days * 86_400 // 2, 1))))
    # Some children are known as such only when they fill in a second form.
    again = rng.random() < (CHILD_CHANGED_SHARE if standing == CHILD else CHANGED_SHARE)
    since = max(first, start)
    second = since + (end - since) * float(rng.uniform(0.1, 0.9))
    return (first, second.replace(microsecond=0)) if again else (first,)


def _opt_outs(rng: np.random.Generator, before: tuple[str, ...]) -> tuple[str, ...]:
    """Add one or two types of communication to those of before, and rarely the wish to have no profile."""
    added = {COMMUNICATIONS[place] for place in rng.integers(0, len(COMMUNICATIONS), 2).tolist()}
    if rng.random() < NO_PROFILE_SHARE / CHANGED_SHARE:
        added.add(NO_PROFILE)
    return tuple(sorted({*before, *added}))


def _ages(
    rng: np.random.Generator, standing: int, times: tuple[datetime, ...]
) -> tuple[tuple[int | None, ...], tuple[str | None, ...]]:
    """Draw what the forms say of the age, by version; a child's last form gives it away."""
    ages: list[int | None] = [None] * len(times)
    births: list[str | None] = [None] * len(times)
    if not times:
        return (), ()
    years = int(rng.integers(4, 13)) if standing == CHILD else int(rng.integers(18, 80))
    says = 0 if standing == CHILD else int(rng.integers(0, 4))
    if says == 0 and rng.random() < HALF:
        ages[-1] = years
    elif says <= 1:
        births[-1] = (times[-1] - timedelta(days=years * 365 + years // 4 + 1)).date().isoformat()
    return tuple(ages), tuple(births)


def _ms(time: datetime) -> int:
    return int((time - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
