"""Secrets that careless pages put into addresses: made up, each one of its kind, so that a scan can look for them.

Cards pass the Luhn test under a number range for tests, telephone numbers come from ranges kept free for fiction, e-mail
addresses from domains kept free for examples.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import numpy as np

from footfall.simulate.traffic.rows import Rows
from footfall.simulate.world.shop import NOUNS

PER_VIEW: Final = 0.0006
PER_DAY_MAX: Final = 60
"""Secrets of each kind and day at most; one at least, if anybody came."""
LETTERS: Final = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class Canary:
    """One secret: its kind, how the log spells it, and the request target that carries it."""

    kind: str
    spelling: str
    target: str


def plant_canaries(rng: np.random.Generator, views: Rows, first_target: int) -> list[Canary]:
    """Let some of the page views (changed in place) be for pages with a secret in path or query.

    The targets of the canaries have the numbers from `first_target` on. The next page of the same visit, which is the
    next row, names the page with the secret as its referrer.
    """
    answered = np.flatnonzero(views["status"] == HTTPStatus.OK)
    each = min(max(int(len(answered) * PER_VIEW), 1), PER_DAY_MAX)
    places = rng.permutation(answered)[: each * len(MAKERS)]
    canaries = [canary for _ in range(each) for make in MAKERS for canary in [make(rng)]][: len(places)]
    targets = first_target + np.arange(len(places))
    followed = (places + 1 < len(views)) & (views["referrer"][np.minimum(places + 1, len(views) - 1)] >= 0)
    views["target"][places] = targets
    views["referrer"][places[followed] + 1] = targets[followed]
    return canaries


def spellings_of(canary: Canary) -> list[tuple[str, str]]:
    """Give kind and spelling of what to look for: as the log has it, and as a program that decodes it would have it."""
    found = [(canary.kind, canary.spelling)]
    if "%40" in canary.spelling:
        found.append((f"{canary.kind}_decoded", canary.spelling.replace("%40", "@")))
    return found


def draw_secret(rng: np.random.Generator, kind: str) -> str:
    """Make up one secret of a kind, such as password, token, session or card, as it is spelled."""
    return BY_KIND[kind](rng).spelling


def draw_word(rng: np.random.Generator, length: int) -> str:
    """Make up a word of letters and digits that look like no others; it stands for nothing."""
    return "".join(LETTERS[letter] for letter in rng.integers(0, len(LETTERS), length))


def _one_of(rng: np.random.Generator, templates: tuple[str, ...]) -> str:
    return templates[rng.integers(len(templates))]


def _password(rng: np.random.Generator) -> Canary:
    secret = f"Pw-{draw_word(rng, 14)}"
    template = _one_of(rng, ("/login?user=guest&password={}", "/account?passwd={}&next=/cart", "/login?pwd={}"))
    return Canary("password", secret, template.format(secret))


def _token(rng: np.random.Generator) -> Canary:
    secret = _one_of(rng, (rng.bytes(20).hex(), draw_word(rng, 43)))
    template = _one_of(rng, ("/account/reset/{}", "/verify/{}/done", "/account?token={}", "/cart?api_key={}"))
    return Canary("token", secret, template.format(secret))


def _session(rng: np.random.Generator) -> Canary:
    secret = rng.bytes(16).hex().upper()
    template = _one_of(rng, ("/cart;jsessionid={}", "/cart?PHPSESSID={}", "/s/{}/cart"))
    return Canary("session", secret, template.format(secret))


def _email(rng: np.random.Generator) -> Canary:
    at = _one_of(rng, ("@", "%40"))
    secret = f"{_one_of(rng, NOUNS)}.{draw_word(rng, 8).lower()}{at}{_one_of(rng, ('example.org', 'example.com'))}"
    template = _one_of(rng, ("/newsletter/confirm/{}/done", "/search?q={}", "/account?email={}"))
    return Canary("email", secret, template.format(secret))


def _card(rng: np.random.Generator) -> Canary:
    digits = [4, 0, 0, 0, *rng.integers(0, 10, 11).tolist()]
    luhn = [sum(divmod(digit * 2, 10)) if place % 2 == 0 else digit for place, digit in enumerate(digits)]
    number = "".join(map(str, [*digits, -sum(luhn) % 10]))
    secret = _one_of(rng, ("", "-")).join(number[start : start + 4] for start in range(0, 16, 4))
    template = _one_of(rng, ("/checkout?card={}&month=11", "/checkout/pay/{}", "/search?q={}"))
    return Canary("card", secret, template.format(secret))


def _phone(rng: np.random.Generator) -> Canary:
    secret = f"{_one_of(rng, ('447700900', '493023125', '120255501'))}{rng.integers(0, 100):02}"
    secret += str(rng.integers(0, 10)) * (not secret.startswith("1"))
    template = _one_of(rng, ("/callback?phone=+{}", "/callback?tel=%2B{}", "/call/+{}"))
    return Canary("phone", secret, template.format(secret))


def _uuid(rng: np.random.Generator) -> Canary:
    digits = rng.bytes(16).hex()
    secret = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
    template = _one_of(rng, ("/orders/{}", "/account?customer={}", "/orders/{}/invoice"))
    return Canary("uuid", secret, template.format(secret))


BY_KIND: Final[dict[str, Callable[[np.random.Generator], Canary]]] = {
    "password": _password,
    "token": _token,
    "session": _session,
    "email": _email,
    "card": _card,
    "phone": _phone,
    "uuid": _uuid,
}
MAKERS: Final = tuple(BY_KIND.values())
