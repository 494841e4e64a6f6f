"""What a text must be to be a uuid, a web address, a mail address, a country, or the name of a site or product."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

import kernels
from kernels.events import Sure, judge
from transform.columns import bytes_and_bounds
from transform.events.codes import COUNTRIES, CURRENCIES
from transform.events.times import read_date, read_times
from transform.geography.addresses import read_addresses
from transform.secrets import PLACEHOLDER, redact_lines
from transform.urls.decoding import decoded
from transform.urls.personal import scrub_text

Check: TypeAlias = Callable[[pa.StringArray], pa.BooleanArray]
Bools: TypeAlias = npt.NDArray[np.bool_]

UUID: Final = r"^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$"
# A path of the site, or an address of the web or of an application, with a host and without blanks.
URL: Final = (
    r"^(?:/|/[^/\\\s\pZ][^\s\pZ]*|(?i:https?|android-app|ios-app)://(?:[^/?#\\\s\pZ@]*@)?"
    r"(?:\[[0-9A-Fa-f:.]+\]|[^/?#\\\s\pZ@:\[\]]+)(?::[0-9]{0,5})?(?:[/?#][^\s\pZ]*)?)$"
)
WEB: Final = r"^(?:/|(?i:https?)://)"
# Written by what may not stand there: a class of all letters, repeated, takes RE2 a tenth of a second to prepare.
EMAIL: Final = (
    r"^[^\x00-\x20\x7f\"(),.:;<>@\[\\\]]+(?:\.[^\x00-\x20\x7f\"(),.:;<>@\[\\\]]+)*"
    r"@(?:[^\x00-,./:-@\[-`{-\x7f]+\.)+[^\x00-,./:-@\[-`{-\x7f]+$"
)
EMAIL_LENGTH_MAX: Final = 254
# A part before @ of more than 64 letters, a label of more than 63 or with a hyphen at an end, a sign that is no letter or digit.
NO_EMAIL: Final = r"^[^@]{65}|@.*[^.@]{64}|[@.]-[^@]*$|-\.[^@]*$|-$|[^\x00-\x7f\pL\pN\pM]"
SITE: Final = r"^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$"


LENGTH_ANY: Final = 2**31
"""No column holds a text of so many bytes."""


def surely(form: Sure, texts: pa.StringArray, length_max: int = LENGTH_ANY) -> Bools:
    """Tell which texts are certainly of a form, of ASCII and not longer; of the others, and without kernels, nothing is known."""
    if not kernels.is_ready():
        return np.zeros(len(texts), np.bool_)
    sure = judge(*bytes_and_bounds(texts), form, length_max)
    return sure & texts.is_valid().to_numpy(zero_copy_only=False) if texts.null_count else sure


def quickly(form: Sure, check: Check) -> Check:
    """Give the check that judges by `check` only what is not certain by its form, which must be good for `check` too."""

    def checked(texts: pa.StringArray) -> pa.BooleanArray:
        sure = surely(form, texts)
        if not sure.any():
            return check(texts)
        if sure.all():
            return pa.array(sure)
        others = pa.array(~sure)
        return pc.replace_with_mask(pa.array(sure), others, check(texts.filter(others)))

    return checked


def matching(pattern: str) -> Check:
    """Give the check for a pattern (RE2)."""
    return lambda texts: pc.match_substring_regex(texts, pattern)


def one_of(values: frozenset[str]) -> Check:
    """Give the check for a closed list."""
    listed = pa.array(sorted(values), pa.string())
    return lambda texts: pc.is_in(texts, listed)


def is_address(texts: pa.StringArray) -> pa.BooleanArray:
    """Tell what is an IPv4 or IPv6 address and nothing more: no zone, no port, no brackets."""
    addresses = read_addresses(texts)
    found = np.zeros(len(texts), np.bool_)
    found[addresses.v4_rows] = True
    found[addresses.v6_rows] = True
    return pc.and_(pa.array(found), pc.invert(pc.match_substring_regex(texts, r"[%\[\]]")))


def is_email(texts: pa.StringArray) -> pa.BooleanArray:
    """Tell what is one mail address with a domain of two labels at least; letters of any alphabet are letters."""
    short = pc.less_equal(pc.utf8_length(texts), EMAIL_LENGTH_MAX)
    no_email = pc.match_substring_regex(texts, NO_EMAIL)
    return pc.and_(pc.match_substring_regex(texts, EMAIL), pc.and_(short, pc.invert(no_email)))


def is_date(texts: pa.StringArray) -> pa.BooleanArray:
    """Tell what is a date of the calendar."""
    return pa.array([read_date(text) is not None for text in texts.to_pylist()], pa.bool_())


def is_time(texts: pa.StringArray) -> pa.BooleanArray:
    """Tell what is a time with its offset."""
    return pa.array(read_times(texts).good)


def names_nobody(texts: pa.StringArray) -> pa.BooleanArray:
    """Tell which texts hold no mail address, card, telephone number, token, UUID or address, however encoded (R13).

    Columns of names of sites, products and vendors are stored as they are, so nobody may send a person in one.
    """
    return pa.array([_names_nobody(text) for text in texts.to_pylist()], pa.bool_())


def is_no_credential(texts: pa.StringArray) -> pa.BooleanArray:
    """Tell which texts hold no cookie, password or token, nor what our own senders put in its place (R23, R25).

    Whoever takes a cookie for the id of a customer would make it a key of the registry, and all whose cookie was removed
    would become one customer.
    """
    return pc.and_(holds_no_credential(texts), pc.invert(pc.match_substring(texts, PLACEHOLDER)))


def holds_no_credential(texts: pa.StringArray) -> pa.BooleanArray:
    """Tell which texts our own senders would leave as they are, so that other senders' are no worse (R26)."""
    redacted, changed = redact_lines(texts.cast(pa.binary()))
    return pc.equal(redacted, texts.cast(pa.binary())) if changed else pa.array(np.ones(len(texts), np.bool_))


FORMATS: Final[Mapping[str, Check]] = {
    "uuid": quickly(Sure.UUID, matching(UUID)),
    "rfc3339": is_time,
    "url": quickly(Sure.WEB, matching(URL)),
    "ip": quickly(Sure.ADDRESS, is_address),
    "email": is_email,
    "iso3166": one_of(COUNTRIES),
    "iso4217": one_of(CURRENCIES),
}
"""By the policy's name of the format."""


def _names_nobody(text: str) -> bool:
    plain = decoded(text)
    return plain is not None and scrub_text(plain) == plain
