"""The site that a visitor came from: the host's name and nothing else of the referrer (R13, R34)."""

import re
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from transform.urls.decoding import decoded
from transform.urls.personal import holds_address, scrub_text
from transform.urls.words import set_of

HOST_LENGTH_MAX: Final = 253

# What follows the authority is cut off before Python sees it, so that few distinct values are left.
_AUTHORITY: Final = r"^(?P<authority>(?i:https?|ftp|android-app|ios-app)://[^/?#\\\s]*)"
_LABEL: Final = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMBER: Final = re.compile(r"\d+|0x[0-9a-f]*")
# Names that only a private network knows are as a rule names of somebody's computer or router (R18).
_PRIVATE: Final = set_of("arpa box corp home internal intranet lan local localdomain localhost private")


def referrer_hosts(distinct: pa.StringArray) -> pa.StringArray:
    """Give the host of each referrer: lower case, without user, port and a leading ``www.``; null where there is none.

    An address, a name that holds one, and a name that only a private network knows become ``{address}``: they name a
    computer. Long ids in a name become ``{id}``. International names are in their ASCII form.

    Args:
        distinct: referrers as clients sent them, null where one sent none; any text is allowed, and only web addresses
            and names of telephone applications have a host.
    """
    authorities = pc.struct_field(pc.extract_regex(distinct, _AUTHORITY), 0).dictionary_encode()
    hosts = [_host(authority) for authority in authorities.dictionary.to_pylist()]
    return pa.array(hosts, pa.string()).take(authorities.indices)


def _host(authority: str) -> str | None:
    scheme, _, place = authority.partition("://")
    text = decoded(place)
    if text is None:
        return None
    host = text.rpartition("@")[2].lower()
    if host.startswith("[") or host.count(":") > 1:
        return "{address}"
    host = _ascii_name(host.partition(":")[0].rstrip("."))
    if not _HOST.fullmatch(host) or len(host) > HOST_LENGTH_MAX:
        return None
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]) or holds_address(host):
        return "{address}"
    if not scheme.lower().endswith("-app") and (len(labels) == 1 or labels[-1] in _PRIVATE):
        return "{address}"
    if labels[0] == "www" and len(labels) > 2:  # noqa: PLR2004
        del labels[0]
    return ".".join(label if label.startswith("xn--") else scrub_text(label) for label in labels)


def _ascii_name(host: str) -> str:
    """Write an international name in its ASCII form; empty where there is none."""
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
