"""JSON records with a secret in them: in each declared field, and around the declared ones."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from footfall.canaries.places.place import Build, Place, Surroundings
from footfall.canaries.secrets import KINDS
from footfall.canaries.writings import JSON_WRITINGS

DEEP: Final = 40
Record = dict[str, Any]
Plain = Callable[[Surroundings], Record]
"""Makes a record of a source with nothing wrong in it."""

# \\uXXXX of a writing must stay one backslash in the record.
_ESCAPE: Final = "\\\\u"


def new_id(around: Surroundings) -> str:
    """Make the id of an event."""
    return str(UUID(bytes=around.rng.bytes(16), version=4))


def moment(around: Surroundings) -> str:
    """Write the time of an event, a little before now."""
    return around.now.isoformat(timespec="seconds")


def written(record: Mapping[str, Any]) -> bytes:
    """Write a record as JSON; a secret that is escaped already stays as it is."""
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).replace(_ESCAPE, "\\u").encode()


def around_fields(source: str, plain: Plain) -> Iterator[Place]:
    """Give the places of a source's records that are no declared field's text."""

    def place(name: str, build: Build, kinds: frozenset[str] = KINDS, promised: frozenset[str] = KINDS) -> Place:
        return Place(f"{source}: {name}", source, build, kinds, JSON_WRITINGS, promised)

    yield place("undeclared field", lambda secret, around: written({**plain(around), "note": secret}))
    # A word alone may be the name of a field as well, and such names are shown so that a missing declaration is noticed.
    yield place(
        "name of an undeclared field",
        lambda secret, around: written({**plain(around), secret: 1}),
        KINDS - {"nickname"},
    )
    yield place("refused field", lambda secret, around: written({**plain(around), "password": secret}))
    yield place("refused field of a card", lambda secret, around: written({**plain(around), "card_number": secret}))
    yield place("field of outside data", lambda secret, around: written({**plain(around), "credit_score": secret}))
    yield place(
        "nested object", lambda secret, around: written({**plain(around), "profile": {"contact": {secret: [secret]}}})
    )
    yield place(
        "object in a declared field", lambda secret, around: written({**plain(around), "event_id": {"x": secret}})
    )
    yield place("list in a declared field", lambda secret, around: written({**plain(around), "event_time": [secret]}))
    yield place(
        "field that comes twice",
        lambda secret, around: written(plain(around))[:-1] + f',"event_id":"{secret}"}}'.encode(),
    )
    none = frozenset[str]()
    yield place(
        "text that is no JSON", lambda secret, around: written(plain(around))[:-9] + secret.encode(), promised=none
    )
    yield place("list in the place of a record", lambda secret, _: written_list(secret), promised=none)
    yield place("text in the place of a record", lambda secret, _: f'"{secret}"'.encode(), promised=none)
    yield place(
        "record that is nested too deep",
        lambda secret, around: (
            written(plain(around))[:-1] + b',"x":' + b"[" * DEEP + f'"{secret}"'.encode() + b"]" * DEEP + b"}"
        ),
    )
    yield place(
        "record that is no UTF-8",
        lambda secret, around: written({**plain(around), "note": secret}).replace(b'"note":"', b'"note":"\xff'),
        promised=none,
    )
    yield place(
        "record that is too long",
        lambda secret, around: written({**plain(around), "note": secret + "x" * 70_000}),
        frozenset({"email", "address_v4", "password"}),
    )


def written_list(secret: str) -> bytes:
    """Write a list with a secret in it."""
    return f'[1,"{secret}",null]'.encode()


def field_of(name: str, plain: Plain) -> Build:
    """Put the secret into a declared field of text."""
    return lambda secret, around: written({**plain(around), name: secret})
