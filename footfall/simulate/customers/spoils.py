"""What senders do wrong: credentials and fields that nobody declared (the record must be kept), and defects (it must not)."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np

from footfall.simulate.customers.records import SOURCES
from footfall.simulate.traffic.canaries import draw_secret
from policy.model import Policy
from transform.reasons import Reason, bad, missing

Record: TypeAlias = dict[str, Any]
LONG_TEXT: Final = 70_000
WRONG_VALUES: Final[dict[str, Any]] = {
    "event_id": "17",
    "event_time": "yesterday at noon",
    "ip": "999.12.0.1",
    "email": "nobody",
    "role": "administrator",
    "country": "Atlantis",
    "currency": "dollars",
    "amount": "a lot",
    "quantity": "some",
    "age": "old",
    "birth_date": "in spring",
    "opt_out": "everything",
    "gpc": "perhaps",
    "dnt": "perhaps",
    "auto_login": "perhaps",
    "auto_login_opt_in": "perhaps",
    "collected_via": "telepathy",
}
"""A value that a field cannot have; a list where any text would do."""


class Draw:
    """Makes up the secrets of one record and remembers them, kind → spellings."""

    def __init__(self, rng: np.random.Generator, secrets: dict[str, set[str]]) -> None:
        self._rng = rng
        self._secrets = secrets

    def secret(self, kind: str) -> str:
        """Make up one secret."""
        spelling = draw_secret(self._rng, kind)
        self._secrets.setdefault(kind, set()).add(spelling)
        return spelling


Change: TypeAlias = Callable[[Record, Draw], "Record | bytes"]


@dataclass(frozen=True, slots=True)
class Spoil:
    """One thing that is wrong with a record.

    Attributes:
        change: makes the record wrong: a record again, or the bytes that are sent in its place.
        reason: why it must leave the pipeline; empty when it must be kept.
        undeclared: names of fields that must be dropped and counted.
    """

    change: Change
    reason: str = ""
    undeclared: tuple[str, ...] = field(default=())


def spoil_record(spoil: Spoil, line: bytes, rng: np.random.Generator, secrets: dict[str, set[str]]) -> bytes:
    """Spoil a record, given and returned as JSON; its secrets are added to `secrets`."""
    changed = spoil.change(msgspec.json.decode(line), Draw(rng, secrets))
    return changed if isinstance(changed, bytes) else msgspec.json.encode(changed)


def list_spoils(policy: Policy) -> dict[str, tuple[Spoil, ...]]:
    """List the spoils of each source; those that are kept come first."""
    return {source: (*_harmless(source), *_defects(policy, source)) for source in SOURCES}


def _harmless(source: str) -> list[Spoil]:
    """List what may not keep a record out: secrets that must vanish, fields that must vanish, nulls, another spelling."""
    return [
        _adding(lambda draw: {"password": draw.secret("password"), "session_token": draw.secret("token")}),
        _adding(lambda draw: {"cookie": f"lang=en; sid={draw.secret('session')}"}),
        _adding(lambda draw: {"authorization": f"Bearer {draw.secret('token')}"}),
        _adding(lambda draw: {"card_number": draw.secret("card"), "cvv": 123, "card_holder": "A. Nobody"}),
        _adding(
            lambda draw: {"form": {"user": "guest", "fields": [{"name": "pw", "password": draw.secret("password")}]}}
        ),
        _adding(lambda _: {"screen_width": 1920, "viewport": [1280, 720], "ab_test": None}),
        _adding(lambda draw: {"credit_score": 700, "debug": f"password={draw.secret('password')}"}),
        Spoil(lambda record, _: json.dumps(record, indent=None, separators=(" , ", " : ")).encode()),
        *(Spoil(_said_in(name, template, kind)) for name, template, kind in TALKATIVE[source]),
        Spoil(lambda record, _: {**record, **dict.fromkeys(OPTIONAL[source])}),
    ]


OPTIONAL: Final = {
    "clickstream": ("title", "product", "language", "auto_login", "auto_login_opt_in"),
    "transaction": ("coupon", "quantity", "country"),
    "registration": ("auto_login_opt_in",),
}
"""Fields that may be null and change nothing by it."""
TALKATIVE: Final = {
    "clickstream": (
        ("url", "{}?next=cart&password={secret}", "password"),
        ("url", "{}?email=guest&token={secret}", "token"),
        ("title", "Your new password={secret}", "password"),
        ("title", "Paid with the card {secret}", "card"),
        ("referrer", "https://mail.example/inbox?session={secret}", "session"),
        ("referrer", "https://guest:{secret}@intranet.example/", "password"),
        ("user_agent", "{} (token={secret})", "token"),
        ("user_agent", "{} card={secret}", "card"),
        ("language", "en; Authorization: Bearer {secret}", "token"),
    ),
    "transaction": (
        ("coupon", "AUTUMN token={secret}", "token"),
        ("coupon", "{secret}", "card"),
        ("order_id", "O-1 password={secret}", "password"),
    ),
    "registration": (
        ("name", "{} (password: {secret})", "password"),
        ("company", "Lamps api_key={secret}", "token"),
        ("company", "Lamps, card_number={secret}", "card"),
        ("company", "Lamps, card {secret}", "card"),
    ),
}
"""Declared fields in which people and programs write what does not belong there."""


def _adding(fields: Callable[[Draw], Record]) -> Spoil:
    names = tuple(fields(Draw(np.random.default_rng(0), {})))
    return Spoil(lambda record, draw: {**record, **fields(draw)}, undeclared=names)


def _said_in(name: str, template: str, kind: str) -> Change:
    def say(record: Record, draw: Draw) -> Record:
        before = str(record.get(name) or "").partition("?")[0]
        return {**record, name: template.format(before, secret=draw.secret(kind))}

    return say


def _defects(policy: Policy, source: str) -> list[Spoil]:
    spoils = [
        Spoil(_cut, Reason.NOT_JSON.value),
        Spoil(lambda _, draw: b"GET /login?password=" + draw.secret("password").encode(), Reason.NOT_JSON.value),
        Spoil(lambda record, _: b"[" + msgspec.json.encode(record) + b"]", Reason.NOT_AN_OBJECT.value),
        Spoil(lambda _, draw: msgspec.json.encode(f"token={draw.secret('token')}"), Reason.NOT_AN_OBJECT.value),
        Spoil(lambda record, _: {**record, "event_id": "x" * LONG_TEXT}, Reason.RECORD_TOO_LONG.value),
        Spoil(lambda _record, _: b"", Reason.NO_CONTENT.value),
        Spoil(lambda record, _: {**record, "event_time": "1970-01-01T00:00:00Z"}, Reason.TIME_OUT_OF_RANGE.value),
        Spoil(lambda record, _: {**record, "event_time": "2190-01-01T00:00:00Z"}, Reason.TIME_OUT_OF_RANGE.value),
    ]
    for one in policy.sources[source].fields:
        if one.mandatory:
            spoils += [
                Spoil(_without(one.name), missing(one.name)),
                Spoil(_with(one.name, None), missing(one.name)),
            ]
        spoils.append(Spoil(_with(one.name, WRONG_VALUES.get(one.name, [["no text"]])), bad(one.name)))
    return spoils


def _cut(record: Record, draw: Draw) -> bytes:
    """Cut a record in its middle, behind a secret."""
    line = msgspec.json.encode({"note": f"password={draw.secret('password')}", **record})
    return line[: len(line) // 2 + 40]


def _without(name: str) -> Change:
    return lambda record, _: {key: value for key, value in record.items() if key != name}


def _with(name: str, value: Any) -> Change:
    return lambda record, _: {**record, name: value}
