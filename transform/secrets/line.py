"""One line without its credentials: the exact way, which `redact_lines` takes only for lines that may hold any.

Everything but the credential stays byte for byte, so that a parser reads the line as before. Read are names with values
in queries and path parameters (``token=…``), the same inside another address (``token%3D…``, encoded again or not),
JSON members, the headers Authorization and Cookie, Bearer and Basic credentials, and ``user:password@`` in addresses.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import unquote

from transform.secrets.names import CREDENTIAL_HEADERS, is_credential

PLACEHOLDER: Final = "{redacted}"
"""What stands in a credential's place."""

ROUNDS_MAX: Final = 8
"""How often an encoded name is decoded."""

_ESCAPE: Final = r"%(?:25)*"  # a percent sign that was itself encoded any number of times
_QUOTE: Final = rf"(?:\\*[\"']|\\x2[27]|{_ESCAPE}2[27])"
_BLANKS: Final = rf"(?:[\s+]|{_ESCAPE}20)*+"
_NAME: Final = rf"(?:[\w.$~*\[\]-]|{_ESCAPE}(?:[46][1-9A-Fa-f]|[57][0-9Aa]|3\d|2[DdEe]|5[BbDdFf]))++"
_JOIN: Final = rf"(?P<quote>{_QUOTE})?+(?P<join>{_BLANKS}(?:[=:]|{_ESCAPE}3[DdAa]){_BLANKS})(?P<open>{_QUOTE})?+"
# Names are taken whole, with or without a value, so that each byte is read once, however long the line is.
_NAMED: Final = re.compile(rf"(?P<name>{_NAME})(?:{_JOIN})?+|\\x[0-9A-Fa-f]{{2}}|{_ESCAPE}[0-9A-Fa-f]{{2}}", re.ASCII)
