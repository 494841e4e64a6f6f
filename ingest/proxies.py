"""Do a few addresses carry nearly all lines? Then they are proxies, and all visitors seem to come from one place.

Addresses are counted in memory only; what is noted is a share, never an address.
"""

from collections import Counter
from datetime import datetime
from typing import Final, Protocol

import numpy as np
import pyarrow as pa

ADDRESSES_MAX: Final = 1_000
FEW: Final = 3
SHARE_MAX: Final = 0.95
LINES_MIN: Final = 100
KIND: Final = "proxy"
WHOLE_WAREHOUSE: Final = ""


class Findings(Protocol):
    """Where findings are noted; the registry is one."""

    def note_finding(self, kind: str, site: str, detail: str, at: datetime) -> None:
        """Note the last word about one kind of trouble on one site."""


class ClientTally:
    """Counts lines by client address, keeping the most frequent ones."""

    def __init__(self) -> None:
        self._lines = 0
        self._counts: Counter[str] = Counter()

    def add(self, address: pa.DictionaryArray) -> None:
        """Count the addresses of one intake: one value a line."""
        self._lines += len(address)
        counts = np.bincount(address.indices.drop_null().to_numpy(), minlength=len(address.dictionary))
        # Who has less than a thousandth of an intake's lines is not counted, but for its most frequent few.
        is_frequent, others = counts * ADDRESSES_MAX >= len(address), counts.copy()
        for _ in range(min(FEW, len(counts))):
            first = others.argmax()
            is_frequent[first], others[first] = True, 0
        most = np.flatnonzero(is_frequent & (counts > 0))
        for text, lines in zip(address.dictionary.take(pa.array(most)).to_pylist(), counts[most].tolist(), strict=True):
            self._counts[text] += lines
        if len(self._counts) > 2 * ADDRESSES_MAX:
            self._counts = Counter(dict(self._counts.most_common(ADDRESSES_MAX)))

    @property
    def share_of_few(self) -> float:
        """Share of the lines that the three most frequent addresses carry, from 0 to 1."""
        return sum(lines for _, lines in self._counts.most_common(FEW)) / self._lines if self._lines else 0.0

    def report(self, findings: Findings, at: datetime) -> None:
        """Note a proxy where there seems to be one, and that there is none where one was noted before."""
        if self._lines >= LINES_MIN:
            few = min(FEW, len(self._counts))
            who = "1 address carries" if few == 1 else f"{few} addresses carry"
            text = f"{who} {self.share_of_few:.0%} of the lines" if self.share_of_few > SHARE_MAX else ""
            findings.note_finding(KIND, WHOLE_WAREHOUSE, text, at)
