"""Names of fields that nobody declared, as far as they may be shown (R2): a name can be a person's."""

import re
from collections import Counter
from typing import Final

from transform.urls.personal import scrub_text

SHOWN_MAX: Final = 50
OTHER: Final = "other"

_HARMLESS: Final = re.compile(r"[A-Za-z_-]{1,40}")


def shown_names(counts: Counter[str]) -> dict[str, int]:
    """Count undeclared fields by name: the 50 most frequent harmless names, and all the rest as ``other``."""
    shown: Counter[str] = Counter()
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        harmless = _HARMLESS.fullmatch(name) and scrub_text(name) == name and len(shown) < SHOWN_MAX
        shown[name if harmless else OTHER] += count
    return dict(shown)
