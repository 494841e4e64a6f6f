"""What a night is given beside the rows of the lake: settings, the registered customers, and the date that it is run for."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Final

import pyarrow as pa

from policy import Policy
from policy.errors import UsageError
from warehouse.models import PARAMETER, Model

REGISTERED: Final = "registered"
AS_OF: Final = "as_of"
COUNTING: Final = ("log_file", "clickstream")
HOSTS: Final = pa.schema([("site", pa.string()), ("host", pa.string())])
CHANNELS: Final = pa.schema([("site", pa.string()), ("channel", pa.string())])
CALENDAR: Final = pa.schema([("event_date", pa.date32()), ("days_ago", pa.int32())])
CURRENCY_LETTERS: Final = 3


@dataclass(frozen=True, slots=True)
class Given:
    """What the models are given.

    Attributes:
        policy: the limits in force.
        own_hosts: for each site the hosts that are its own.
        counting: for a site the way of collection whose page views count: `log_file` or `clickstream`; without an entry
            the log counts on days that have one.
        currency: the money in which amounts are added up, an ISO 4217 code.
        registered: the customers who have a profile: `customer` and `role`, one row each, sorted by customer.
        as_of: the date that the night is run for.

    Raises:
        UsageError: a setting is none.
    """

    policy: Policy
    own_hosts: Mapping[str, Collection[str]]
    counting: Mapping[str, str]
    currency: str
    registered: pa.Table
    as_of: date

    def __post_init__(self) -> None:
        for site, channel in self.counting.items():
            if channel not in COUNTING:
                raise UsageError(f'the site {site} counts "{channel}"; it can count {" or ".join(COUNTING)}')
        if len(self.currency) != CURRENCY_LETTERS or not (self.currency.isascii() and self.currency.isupper()):
            raise UsageError(f'the currency "{self.currency}" is no ISO 4217 code such as USD')

    def relations(self) -> dict[str, pa.Table]:
        """Give the relations that models may name, but for those that change with the days asked for."""
        hosts = {(site, host.lower().removeprefix("www.")) for site, own in self.own_hosts.items() for host in own}
        numbers = {
            "bot_requests_min": self.policy.releases.bot_requests_min,
            "bot_views_minute_max": self.policy.releases.bot_views_minute_max,
            "bot_views_day_max": self.policy.releases.bot_views_day_max,
        }
        return {
            "own_hosts": pa.Table.from_pylist([{"site": site, "host": host} for site, host in sorted(hosts)], HOSTS),
            "counting": pa.table([list(self.counting), list(self.counting.values())], schema=CHANNELS),
            "limits": pa.Table.from_pylist([numbers]),
            REGISTERED: self.registered.select(["customer", "role"]),
        }

    def calendar(self, days: Iterable[date]) -> pa.Table:
        """Say of each day how many days ago it was on the date of the night."""
        ordered = sorted(days)
        return pa.table([ordered, [(self.as_of - day).days for day in ordered]], schema=CALENDAR)

    def sql(self, model: Model) -> str:
        """Give a model's SQL with values in the place of its parameters, in a form that every engine reads."""
        values = {AS_OF: f"date '{self.as_of}'", "currency": f"'{self.currency}'"}
        return PARAMETER.sub(lambda found: values[found[1]], model.sql)

    def settings(self, lineage: Iterable[Model]) -> list[str]:
        """Name the settings that matter to what these models make; another setting is another recipe."""
        named = {name for model in lineage for name in (*model.head.inputs, *model.parameters)}
        hosts = {site: sorted(own) for site, own in sorted(self.own_hosts.items())}
        told = {"own_hosts": str(hosts), "counting": str(sorted(self.counting.items())), "currency": self.currency}
        return [text for name, text in told.items() if name in named]

    def moments(self, lineage: Iterable[Model]) -> dict[str, int]:
        """Give as numbers what may be different every night and matters to these models."""
        named = {name for model in lineage for name in (*model.head.inputs, *model.parameters)}
        told = {REGISTERED: self._people(), AS_OF: self.as_of.toordinal()}
        return {name: number for name, number in told.items() if name in named}

    def _people(self) -> int:
        """Give a number that stands for the registered customers and their roles: 63 bits, so that it can be a mark."""
        digest = blake2b(digest_size=8)
        people = self.registered.select(["customer", "role"]).combine_chunks()
        digest.update(people.column("customer").to_numpy().tobytes())
        digest.update("\0".join(people.column("role").to_pylist()).encode())
        return int.from_bytes(digest.digest(), "big") >> 1
