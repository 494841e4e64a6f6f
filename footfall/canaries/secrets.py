"""Secrets made up to be looked for: each is the only one of its text, so that whoever finds it knows where it was planted.

Every secret has *cores*: parts of ten and more signs that stay together however it is written, so that they are found
whatever became of the signs around them. Nothing here belongs to anybody: names are syllables, numbers are chance.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
SIGNS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
CONSONANTS: Final = "bdfgklmnprstvz"
VOWELS: Final = "aeiou"

Chance = np.random.Generator


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret.

    Attributes:
        kind: what it is.
        text: as people and programs write it.
        cores: what of it must not be found, in the text as it is.
        octets: of an address, its bytes: four or sixteen; empty for other secrets.
        hashed: the texts and bytes whose well-known hashes would tell it to anybody who tries; for addresses and e-mails.
    """

    kind: str
    text: str
    cores: tuple[str, ...]
    octets: bytes = b""
    hashed: tuple[bytes, ...] = ()


def draw(rng: Chance, kind: str) -> Secret:
    """Make up one secret of a kind."""
    return MAKERS[kind](rng, kind)


def word(rng: Chance, syllables: int = 5) -> str:
    """Make up a word that can be spoken and that no dictionary has."""
    pairs = zip(rng.integers(0, len(CONSONANTS), syllables), rng.integers(0, len(VOWELS), syllables), strict=True)
    return "".join(CONSONANTS[first] + VOWELS[second] for first, second in pairs)


def digits(rng: Chance, length: int) -> str:
    """Make up digits, of which the first is none of 0."""
    return f"{rng.integers(1, 10)}{''.join(map(str, rng.integers(0, 10, length - 1)))}"


def signs(rng: Chance, length: int) -> str:
    """Make up letters and digits as programs do."""
    return "".join(SIGNS[place] for place in rng.integers(0, len(SIGNS), length))


def _address4(rng: Chance, kind: str) -> Secret:
    octets = bytes(int(octet) for octet in rng.integers(60, 224, 4))
    dotted = ".".join(map(str, octets))
    text = {
        "address_v4": dotted,
        "address_mapped": f"::ffff:{dotted}",
        "address_decimal": str(int.from_bytes(octets)),
        "address_hex": f"0x{octets.hex()}",
        "address_octal": ".".join(f"0{octet:o}" for octet in octets),
    }[kind]
    return Secret(kind, text, (), octets, (dotted.encode(), octets))


def _address6(rng: Chance, kind: str) -> Secret:
    groups = [0x2A00 + int(rng.integers(0, 16)), *(int(group) for group in rng.integers(0x1000, 0x10000, 3))]
    last = int(rng.integers(0x1000, 0x10000))
    octets = b"".join(group.to_bytes(2) for group in (*groups, 0, 0, 0, last))
    head = ":".join(f"{group:x}" for group in groups)
    short, long = f"{head}::{last:x}", f"{head}:0000:0000:0000:{last:x}"
    return Secret(kind, short if kind == "address_v6" else long, (), octets, (short.encode(), long.encode(), octets))


def _email(rng: Chance, kind: str) -> Secret:
    first, last = word(rng, 2), word(rng)
    text = f"{first}.{last}@{word(rng, 3)}.example"
    return Secret(kind, text, (last,), hashed=(text.encode(),))


def _announced(rng: Chance, kind: str) -> Secret:
    core = signs(rng, 28)
    text = {
        "cookie_header": f"Cookie: theme=dark; sid={core}; cart=3",
        "set_cookie_header": f"Set-Cookie: login={core}; Path=/; HttpOnly",
        "authorization_header": f"Authorization: Bearer {core}",
        "bearer": f"Bearer {core}",
        "cookie_pair": f"PHPSESSID={core}",
    }[kind]
    return Secret(kind, text, _ends(core))


def _basic(rng: Chance, kind: str) -> Secret:
    name, password = word(rng), signs(rng, 14)
    coded = base64.b64encode(f"{name}:{password}".encode()).decode().rstrip("=")
    return Secret(kind, f"Basic {coded}", (*_ends(coded), password))


def _token(rng: Chance, kind: str) -> Secret:
    core = signs(rng, 32)
    coded = base64.urlsafe_b64encode(f'{{"sub":"{signs(rng, 18)}","exp":1790000000}}'.encode()).decode().rstrip("=")
    text = {
        "session_id": rng.bytes(16).hex().upper(),
        "reset_token": core,
        "api_key": f"sk_live_{core[:24]}",
        "web_token": f"eyJhbGciOiJIUzI1NiJ9.{coded}.{core}",
    }[kind]
    if kind == "web_token":
        return Secret(kind, text, (coded[10:30], *_ends(core)))
    return Secret(kind, text, _ends(text.removeprefix("sk_live_")))


def _password(rng: Chance, kind: str) -> Secret:
    core = word(rng).title() if kind == "password_spoken" else signs(rng, 12)
    return Secret(kind, f"{core}2024!" if kind == "password_spoken" else f"k#{core}", (core,))


def _card(rng: Chance, kind: str) -> Secret:
    body = "4" + digits(rng, 14)
    doubled = [sum(divmod(2 * int(digit), 10)) if place % 2 == 0 else int(digit) for place, digit in enumerate(body)]
    number = f"{body}{-sum(doubled) % 10}"
    groups = [number[start : start + 4] for start in range(0, 16, 4)]
    text = {"card": number, "card_blanks": " ".join(groups), "card_dashes": "-".join(groups)}[kind]
    return Secret(kind, text, tuple(joint.join(groups) for joint in ("", " ", "-", "+", "%20", "%2520", ".", "_")))


def _phone(rng: Chance, kind: str) -> Secret:
    number = f"4930{digits(rng, 8)}"
    if kind == "phone":
        return Secret(kind, f"+{number}", (number,))
    text = f"+{number[:2]} {number[2:4]} {number[4:8]} {number[8:]}"
    return Secret(kind, text, (number, text[1:], *(text[1:].replace(" ", blank) for blank in ("+", "%20", "%2520"))))


def _named(rng: Chance, kind: str) -> Secret:
    name = word(rng)
    text = {"host_name": f"{name}-laptop.fritz.box", "user_name": f"{word(rng, 2)}.{name}", "nickname": name}[kind]
    return Secret(kind, text, (name,))


def _id(rng: Chance, kind: str) -> Secret:
    plain = rng.bytes(16).hex()
    if kind == "uuid":
        text = f"{plain[:8]}-{plain[8:12]}-4{plain[13:16]}-a{plain[17:20]}-{plain[20:]}"
        return Secret(kind, text, (text, text.replace("-", "")))
    if kind == "device":
        text = ":".join(plain[start : start + 2] for start in range(0, 12, 2))
        return Secret(kind, text, (text, text.replace(":", "-"), text.replace(":", "%3a"), text.replace(":", "%253a")))
    number = f"DE{digits(rng, 20)}"
    return Secret(kind, number, (number[2:],))


def _ends(core: str) -> tuple[str, ...]:
    """Give both ends of a long secret, so that half of it is found too."""
    return core[:12], core[-12:]


MAKERS: Final[Mapping[str, Callable[[Chance, str], Secret]]] = {
    **dict.fromkeys(("address_v4", "address_mapped", "address_decimal", "address_hex", "address_octal"), _address4),
    **dict.fromkeys(("address_v6", "address_v6_long"), _address6),
    "email": _email,
    **dict.fromkeys(
        ("cookie_header", "set_cookie_header", "authorization_header", "bearer", "cookie_pair"), _announced
    ),
    "basic": _basic,
    **dict.fromkeys(("session_id", "reset_token", "api_key", "web_token"), _token),
    **dict.fromkeys(("password", "password_spoken"), _password),
    **dict.fromkeys(("card", "card_blanks", "card_dashes"), _card),
    **dict.fromkeys(("phone", "phone_groups"), _phone),
    **dict.fromkeys(("host_name", "user_name", "nickname"), _named),
    **dict.fromkeys(("uuid", "device", "iban"), _id),
}

KINDS: Final = frozenset(MAKERS)
ADDRESSES: Final = frozenset(kind for kind in KINDS if kind.startswith("address_"))
ANNOUNCED: Final = frozenset(
    {"cookie_header", "set_cookie_header", "authorization_header", "bearer", "cookie_pair", "basic", "web_token"}
)
"""Credentials that say themselves what they are, wherever they stand."""
CREDENTIALS: Final = ANNOUNCED | {"session_id", "reset_token", "api_key", "password", "password_spoken"}
CARDS: Final = frozenset({"card", "card_blanks", "card_dashes"})
BY_FORM: Final = KINDS - {"password", "password_spoken", "host_name", "user_name", "nickname", "address_octal"}
"""What can be told from the name of a page by its form alone."""
