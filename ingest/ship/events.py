"""JSON records without credentials: only declared fields are sent, and their text has no password, token or card number in it.

A worker that reads them comes to the same end as with the originals; what it would drop does not even reach Kafka (R26).
"""

import json
import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from policy import Policy
from transform.events.fields import RECORD_BYTES_MAX
from transform.secrets import PLACEHOLDER, redact_lines
from transform.urls.personal.numbers import is_luhn

OTHER: Final = "other"
OTHERS: Final = frozenset({OTHER})
NAMES_MAX: Final = 50
CARD_DIGITS_MIN: Final = 13
FIXED_FORMATS: Final = frozenset({"uuid", "rfc3339", "ip", "email", "iso3166", "iso4217"})
NUMBERED: Final = re.compile(r".*_id|phone|product|product_version")
"""Fields whose long numbers are their own: one in ten would look like a card's."""
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_-]{1,40}")
_JOINT: Final = r"(?:[ .+_-]|%20)?"
_CARD: Final = re.compile(rf"(?<!\d)\d(?:{_JOINT}\d){{12,18}}(?!\d)", re.ASCII)
_MAY_BE_CARD: Final = rf"[0-9](?:{_JOINT}[0-9]){{12}}"
_ESCAPE: Final = re.compile(rb"\\u00([2-7][0-9A-Fa-f])|\\[nrtbf]")
_ANY_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NO_OBJECT: Final = msgspec.Raw(b"{}")
_NO_LIST: Final = msgspec.Raw(b"[]")
_NO_NUMBER: Final = msgspec.Raw(b"0")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A block of records as they may be sent.

    Attributes:
        lines: binary, one for each record given.
        redacted: records in which a credential was replaced, or that lost a field which may have held one.
        removed: names of removed fields → records; names that may themselves tell something count as `other`.
    """

    lines: pa.Array
    redacted: int
    removed: Counter[str] = field(default_factory=Counter)


class EventCleaner:
    """Takes out of the records of one source what may not be sent; call it with a block of them."""

    def __init__(self, policy: Policy, source: str) -> None:
        fields = policy.sources[source].fields
        self._declared = {one.name for one in fields if policy.refusal(one.name) is None}
        self._lists = {one.name for one in fields if one.type.startswith("list")}
        self._may_have_cards = {
            one.name
            for one in fields
            if one.format not in FIXED_FORMATS and not one.values and not NUMBERED.fullmatch(one.name)
        }

    def __call__(self, lines: pa.Array) -> Cleaned:
        """Clean n records (binary, any bytes; null stays null); lines that are no JSON objects are redacted as lines of a log are."""
        given = lines.to_pylist()
        sent: list[bytes | None] = list(given)
        removed: Counter[str] = Counter()
        changed: set[int] = set()
        texts = _Texts()
        objects: dict[int, dict[str, msgspec.Raw]] = {}
        for place, line in enumerate(given):
            if not line:
                continue
            found = self._object(line)
            if found is None:
                texts.add(place, _plainly_written(line))
                continue
            if isinstance(found, bytes):
                sent[place] = found
                changed.add(place)
                continue
            kept = {name: value for name, value in found.items() if name in self._declared}
            if len(kept) < len(found):
                changed.add(place)
                self._count(removed, found)
            if self._collect(texts, place, kept):
                changed.add(place)
            objects[place] = kept
        for place, name, index, text in texts.redacted():
            changed.add(place)
            if name:
                _put(objects[place], name, index, text)
            else:
                sent[place] = text
        for place, kept in objects.items():
            sent[place] = msgspec.json.encode(kept)
        return Cleaned(pa.array(sent, pa.binary()), len(changed), removed)

    def _object(self, line: bytes) -> dict[str, msgspec.Raw] | bytes | None:
        """Read a JSON object; bytes to be sent in its place when a worker refuses it as a whole, None when it is none."""
        if len(line) > RECORD_BYTES_MAX:
            return b" " * len(line)  # nobody reads on, so its length says all
        try:
            line.decode()  # the decoder does not look into what it passes over
            found = _ANY_OBJECT.decode(line)
            if msgspec.json.encode(found) == line:
                return found  # written without blanks and escapes, so that a repeated name would show in the length
            pairs = json.loads(line, object_pairs_hook=list)
        except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
            return None
        if len(pairs) == len(found):
            return found
        # Nobody can say which of the two is meant, so it will be a dead letter, for which its names are enough.
        names = [name if name in self._declared else OTHER for name, _ in pairs]
        return b"{" + b",".join(b'"%s":null' % name.encode() for name in names) + b"}"

    def _count(self, removed: Counter[str], found: dict[str, Any]) -> None:
        for name in found:
            if name not in self._declared:
                is_plain = _PLAIN_NAME.fullmatch(name) and (name in removed or len(removed.keys() - OTHERS) < NAMES_MAX)
                removed[name if is_plain else OTHER] += 1

    def _collect(self, texts: "_Texts", place: int, kept: dict[str, msgspec.Raw]) -> bool:
        """Gather the texts of a record; tell whether anything nested was emptied, which is a defect with or without content."""
        emptied = False
        for name, raw in kept.items():
            value = bytes(raw)
            first = value[:1]
            if first == b'"':
                text = value[1:-1] if b"\\" not in value else _unescaped(value)
                texts.add(place, text, name, may_have_card=name in self._may_have_cards)
            elif first == b"[" and name in self._lists:
                entries = _entries(value)
                for index, entry in enumerate(entries):
                    texts.add(place, (entry or "").encode("utf-8", "replace"), name, index)
                emptied |= None in entries
                kept[name] = _list_of(entries) if None in entries else raw
            elif first in {b"{", b"["}:
                kept[name] = _NO_OBJECT if first == b"{" else _NO_LIST
                emptied |= len(value) > len(b"{}")
            elif len(value) >= CARD_DIGITS_MIN:  # a number
                texts.add(place, value, name)
        return emptied


def _put(kept: dict[str, msgspec.Raw], name: str, index: int, text: bytes) -> None:
    """Put a redacted text in the place of the old one; a number that was a card's becomes 0."""
    before = bytes(kept[name])
    if before[:1] == b"[":
        entries = _entries(before)
        entries[index] = text.decode("utf-8", "replace")
        kept[name] = _list_of(entries)
    elif before[:1] == b'"':
        kept[name] = msgspec.Raw(msgspec.json.encode(text.decode("utf-8", "replace")))
    else:
        kept[name] = _NO_NUMBER


class _Texts:
    """Texts of many records, redacted together: one look at all of them, and the exact way for the few that need it."""

    def __init__(self) -> None:
        self._owners: list[tuple[int, str, int]] = []
        self._texts: list[bytes] = []
        self._may_have_card: list[bool] = []

    def add(self, place: int, text: bytes, name: str = "", index: int = 0, *, may_have_card: bool = True) -> None:
        """Add the text of a record's field, or an entry of it; without a name it is the whole record."""
        self._owners.append((place, name, index))
        self._texts.append(text)
        self._may_have_card.append(may_have_card)

    def redacted(self) -> list[tuple[int, str, int, bytes]]:
        """Give place, name, entry and new text of those that held a credential."""
        before = pa.array(self._texts, pa.binary())
        after, _ = redact_lines(before)
        may = pc.and_(pc.match_substring_regex(after, _MAY_BE_CARD), pa.array(self._may_have_card, pa.bool_()))
        looked_at = pc.or_(may, pc.not_equal(before, after))
        found = []
        for at in pc.indices_nonzero(looked_at).to_pylist():
            text = after[at].as_py()
            if may[at].as_py():
                text = _without_cards(text)
            if text != self._texts[at]:
                found.append((*self._owners[at], text))
        return found


def clean_lines(lines: pa.Array) -> Cleaned:
    """Clean n lines of a log (binary): each credential is replaced, all else stays byte for byte."""
    return Cleaned(*redact_lines(lines))


def _without_cards(text: bytes) -> bytes:
    return _CARD.sub(_in_place_of, text.decode("latin-1")).encode("latin-1")


def _in_place_of(match: re.Match[str]) -> str:
    digits = re.sub(r"%20|\D", "", match[0])
    return PLACEHOLDER if is_luhn(digits) else match[0]


def _plainly_written(line: bytes) -> bytes:
    """Write what is no JSON object without escapes, behind which a credential's name could hide."""
    with suppress(ValueError, RecursionError):  # where it is no JSON at all
        line = msgspec.json.encode(msgspec.json.decode(line))
    return _ESCAPE.sub(_as_sign, line) if b"\\" in line else line


def _entries(value: bytes) -> list[str | None]:
    """Give the texts of a JSON array, None for what is none: such a list is a defect, whatever that was."""
    try:
        return [entry if isinstance(entry, str) else None for entry in json.loads(value)]
    except (ValueError, RecursionError):
        return [None]


def _list_of(entries: list[str | None]) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(entries, separators=(",", ":")).encode())


def _as_sign(match: re.Match[bytes]) -> bytes:
    sign = chr(int(match[1], 16)) if match[1] else " "
    return sign.encode() if sign.isprintable() and sign not in '"\\' else match[0]


def _unescaped(value: bytes) -> bytes:
    """Give the text of a JSON string; a half character becomes a question mark."""
    try:
        return str(json.loads(value)).encode("utf-8", "replace")
    except ValueError:
        return value[1:-1]
