"""The head of a log line, all before its time: who asked, whom, and by way of whom.

The forms, by example; the user name (``bob``, which may hold blanks) and the ident are never read::

    1.2.3.4 - bob                       common and combined
    www.example.com:443 1.2.3.4 - bob   vhost first (Apache vhost_combined, nginx)
    1.2.3.4, 10.0.0.1 - bob             X-Forwarded-For in the place of the peer: the last address is the peer
"""

import re
from ipaddress import ip_address
from typing import Final, NamedTuple

HOST: Final = re.compile(
    r"\[([\w:.%-]{2,})\](?::[0-9]{1,5})?|([\w.-]+)(?::[0-9]{0,5})?|([0-9A-Fa-f:.]+(?:%[\w-]+)?)", re.ASCII
)
"""An address in brackets, or a name or IPv4 address, each perhaps with its port; or a bare IPv6 address."""
OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
IPV4: Final = re.compile(rf"{OCTET}(?:\.{OCTET}){{3}}")
PLAIN_HOST: Final = r"^([\w.-]+|[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)$"
"""Hosts that `host` gives back as they are, for Arrow's regex engine, where ``\\w`` is ASCII."""
USUAL_WORDS: Final = 3  # peer, ident, user
HOST_CHARACTERS_MAX: Final = 255
FORWARDED_CHARACTERS_MAX: Final = 2048


class Head(NamedTuple):
    """Peer, its X-Forwarded-For list when the log writes that first, and the virtual host (lower-case, without port)."""

    address: str
    forwarded: str | None
    vhost: str | None


def host(token: str) -> str | None:
    """Give a host name or address without brackets and port; None when the token is neither."""
    found = HOST.fullmatch(token) if len(token) <= HOST_CHARACTERS_MAX else None
    return None if found is None else found[1] or found[2] or found[3]


def forwarded_list(text: str) -> str | None:
    """Give an X-Forwarded-For list back as it is; None when it is empty, ``-``, or anything but a list with an address in it."""
    if text in {"", "-"} or len(text) > FORWARDED_CHARACTERS_MAX:
        return None
    hops = [hop.strip() for hop in text.split(",")]
    addresses = sum(_is_address(hop) for hop in hops)
    return text if addresses and addresses + hops.count("unknown") + hops.count("-") == len(hops) else None


def read_head(head: bytes) -> Head | None:
    """Find the peer; None when no token stands where one would."""
    tokens = head.decode("utf-8", "replace").split()
    if not tokens:
        return None
    if "," in tokens[0]:
        return _behind_proxies(tokens)
    if len(tokens) > 1 and tokens[1] == "-":
        return _head(tokens[0])
    first_is_address = _is_address(tokens[0])
    if len(tokens) >= USUAL_WORDS and _is_address(tokens[1]) and not (first_is_address and len(tokens) == USUAL_WORDS):
        return _head(tokens[1], vhost=tokens[0])
    names_vhost = len(tokens) > USUAL_WORDS and (tokens[2] == "-" or ":" in tokens[0])
    if names_vhost and not first_is_address:
        return _head(tokens[1], vhost=tokens[0])
    # With fewer than three words the first may be anything, a user's name too, unless it is an address.
    return _head(tokens[0]) if first_is_address or len(tokens) == USUAL_WORDS else None


def _head(address: str, *, vhost: str | None = None, forwarded: str | None = None) -> Head | None:
    peer = host(address)
    name = None if vhost is None else host(vhost)
    if peer is None or (vhost is not None and name is None):
        return None
    return Head(peer, forwarded, None if name is None else name.lower())


def is_ip(bare: str) -> bool:
    """Tell whether a host without brackets and port is an IP address."""
    if IPV4.fullmatch(bare):
        return True
    try:
        return ":" in bare and bool(ip_address(bare))
    except ValueError:
        return False


def _is_address(token: str) -> bool:
    bare = host(token)
    return bare is not None and is_ip(bare)


def _behind_proxies(tokens: list[str]) -> Head | None:
    """Read ``client, proxy, proxy - user``: blanks may follow the commas."""
    count = next((number for number, token in enumerate(tokens, 1) if not token.endswith(",")), len(tokens))
    *hops, peer = "".join(tokens[:count]).split(",")
    forwarded = forwarded_list(", ".join(hops))
    return None if forwarded is None else _head(peer, forwarded=forwarded)
