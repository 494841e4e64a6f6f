"""Who asked: the client's address, which a trusted proxy may name in ``X-Forwarded-For``; nobody else may.

Anyone can send the header, so it is read from its right end, where our own proxies wrote, and only as far as every
address so far is one of theirs.
"""

import ipaddress
import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transform.distinct import NO_VALUE, codes_and_values

type_address = IPv4Address | IPv6Address

_HOP: Final = re.compile(
    r'"?(?:\[([0-9A-Fa-f:.]+)(?:%[^\]]*)?\](?::\d{1,5})?|(\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?|([0-9A-Fa-f:.]+)(?:%\S*)?)"?'
)
# Servers print IPv6 in one form (lower case, no leading zeros, "::" for the longest run of zeros). What has none of these
# marks is in that form already and need not be parsed.
_ODD_IPV6: Final = r"[A-Z.%\[]|(?:^|:)0|^(?:[^:]*:){7}:|^:(?::[^:]+){7}$|^(?:[^:]+:){7}:$"
_MAY_BE_ODD: Final = r":.*(?:[A-Z.%]|:0)|^0[^.]*:|\[|^(?:[^:]*:){7}"
