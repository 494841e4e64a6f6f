"""Who asked: the client's address, which a proxy of ours may name in ``X-Forwarded-For``, and nobody else.

Anyone can send that header. So it is read from its right end, where our own proxies wrote, and only as long as every
address on the way is one of theirs.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import kernels
from kernels.addresses import unusual
from transform.columns import NO_VALUE, bytes_and_bounds, codes_and_values

HOPS_MAX: Final = 32
"""No honest chain of proxies is longer; what stands further left is not read."""

# Text with one of these marks may be another form of the same address; what servers print has none of them.
_ODD_IPV6: Final = r"[A-F.%\[]|(?:^|:)0|^::ffff:"
_SEVEN_COLONS: Final = r"^(?:[^:]*:){7}"


def client_addresses(
    peer: pa.ChunkedArray | pa.Array,
    forwarded: pa.ChunkedArray | pa.Array,
    trusted: tuple[IPv4Network | IPv6Network, ...],
) -> pa.ChunkedArray | pa.Array:
    """Give each row's client address: the peer's, or where the peer is a trusted proxy the one that proxies forwarded.

    The walk goes from the right and stops at the first address that is not trusted: that is the client. When all are
    trusted it is the leftmost. What is no address (``unknown``, ``-``, a hidden name) ends the walk at the address to
    its right, for only somebody we do not trust could have written what stands further left.

    Args:
        peer: ``dictionary<int32, string>``, one value a row, the address at the other end of the connection.
        forwarded: ``dictionary<int32, string>``, as many rows, null where the header was not sent.
        trusted: the networks of our proxies; with none of them `peer` comes back as it is.

    Returns:
        ``dictionary<int32, string>``, as many rows as `peer`, in chunks if `peer` is; forwarded addresses are in their
        usual text form.
    """
    if not trusted:
        return peer
    peer_codes, peers = codes_and_values(peer)
    chain_codes, chains = codes_and_values(forwarded)
    asking = (peer_codes != NO_VALUE) & (chain_codes != NO_VALUE)
    is_proxy = np.zeros(len(peers), np.bool_)
    for code in np.unique(peer_codes[asking]):
        is_proxy[code] = _is_trusted(parse_address(peers[int(code)].as_py()), trusted)
    rows = np.flatnonzero(asking)
    rows = rows[is_proxy[peer_codes[rows]]]
    used, place = np.unique(chain_codes[rows], return_inverse=True)
    named = [_first_untrusted(chains[int(code)].as_py(), trusted) for code in used]
    found = np.array([name is not None for name in named], np.bool_)
    if not found.any():
        return peer
    rows, place = rows[found[place]], (np.cumsum(found) - 1)[place[found[place]]]
    texts = pa.array([name for name in named if name is not None], pa.string())
    distinct = pa.concat_arrays([peers.cast(pa.string()), texts]).dictionary_encode()
    code_of = distinct.indices.to_numpy()
    codes = np.where(peer_codes == NO_VALUE, NO_VALUE, code_of[peer_codes])
    codes[rows] = code_of[len(peers) + place]
    client = pa.DictionaryArray.from_arrays(
        pa.array(codes, pa.int32(), mask=codes == NO_VALUE), distinct.dictionary.cast(peers.type)
    )
    return pa.chunked_array([client]) if isinstance(peer, pa.ChunkedArray) else client


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Read one address as servers and proxies write it: also in quotes or brackets, with a port or a zone.

    An IPv4 address inside an IPv6 one (``::ffff:192.0.2.1``) is that IPv4 address; what is no address is None.
    """
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def usual_form(distinct: pa.StringArray) -> pa.StringArray:
    """Write every address in its usual text form, so that equal addresses are equal text; other text stays as it is.

    Args:
        distinct: addresses without null. Only those that could have another form are parsed, 5 µs each.
    """
    if not kernels.is_ready():
        return _usual_form(distinct)
    marks = unusual(*bytes_and_bounds(distinct))
    if not marks.any():
        return distinct
    marked = pa.array(marks)
    return pc.replace_with_mask(distinct, marked, _usual_form(distinct.filter(marked)))


def _usual_form(distinct: pa.StringArray) -> pa.StringArray:
    longer = pc.and_(pc.match_substring(distinct, "::"), pc.match_substring_regex(distinct, _SEVEN_COLONS))
    odd = pc.or_(pc.match_substring_regex(distinct, _ODD_IPV6), longer)
    odd = pc.and_(odd, pc.match_substring(distinct, ":"))
    if not pc.any(odd).as_py():
        return distinct
    parsed = [(text, parse_address(text)) for text in distinct.filter(odd).to_pylist()]
    usual = [text if address is None else str(address) for text, address in parsed]
    return pc.replace_with_mask(distinct, odd, pa.array(usual, distinct.type))


def _is_trusted(address: IPv4Address | IPv6Address | None, trusted: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return address is not None and any(address in network for network in trusted)


def _first_untrusted(chain: str, trusted: tuple[IPv4Network | IPv6Network, ...]) -> str | None:
    """Walk one header value from the right; None when not even its rightmost entry is an address."""
    client = None
    for hop in reversed(chain.rsplit(",", HOPS_MAX)[-HOPS_MAX:]):
        if not hop.strip():
            continue
        address = parse_address(hop)
        if address is None:
            break
        client = address
        if not _is_trusted(address, trusted):
            break
    return None if client is None else str(client)
