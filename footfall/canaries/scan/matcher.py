"""Many texts looked for at once: every place's next eight bytes are looked up in a table, on whole blocks of bytes."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

WORD: Final = 8
BLOCK_BYTES: Final = 1 << 20
TABLE_BITS: Final = 22
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_SHIFT: Final = np.uint64(64 - TABLE_BITS)

DIGITS: Final = frozenset(b"0123456789")
LETTERS_AND_DIGITS: Final = DIGITS | frozenset(b"abcdefghijklmnopqrstuvwxyz")


class Pattern(NamedTuple):
    """One text to look for.

    Attributes:
        text: eight bytes at least, with ASCII letters in small ones.
        owner: the number of the secret that it tells.
        not_before, not_behind: bytes that may not stand beside it, lest a number be found in a longer one.
    """

    text: bytes
    owner: int
    not_before: frozenset[int] = frozenset()
    not_behind: frozenset[int] = frozenset()


class Matcher:
    """Finds which secrets stand in bytes.

    Raises:
        ValueError: a pattern is shorter than eight bytes.
    """

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._by_word: dict[int, list[Pattern]] = defaultdict(list)
        for pattern in patterns:
            if len(pattern.text) < WORD:
                raise ValueError(f"a pattern of {len(pattern.text)} bytes would be found by chance")
            self._by_word[int.from_bytes(pattern.text[:WORD], "little")].append(pattern)
        self._overlap = max((len(pattern.text) for pattern in patterns), default=WORD)
        self._words = np.array(sorted(self._by_word), np.uint64)
        self._table = np.zeros(1 << TABLE_BITS, np.bool_)
        self._table[_slots(self._words)] = True

    def owners(self, data: bytes) -> set[int]:
        """Give the numbers of the secrets in `data`, in capitals or small letters."""
        found: set[int] = set()
        if not len(self._words):
            return found
        for start in range(0, max(len(data) - WORD + 1, 0), BLOCK_BYTES):
            # One byte before and the longest pattern behind are looked at, so that nothing is lost between blocks.
            first = max(start - 1, 0)
            block = data[first : start + BLOCK_BYTES + self._overlap + 1].lower()
            found.update(self._in_block(block, range(start - first, start - first + BLOCK_BYTES)))
        return found

    def _in_block(self, block: bytes, own: range) -> Iterator[int]:
        """Give the owners of what begins in the block's own part; the neighbours find the rest."""
        for shift in range(WORD):
            count = (len(block) - shift) // WORD
            if count <= 0:
                return
            words = np.frombuffer(block, "<u8", count, shift)
            near = np.flatnonzero(self._table[_slots(words)])
            if not len(near):
                continue
            places = np.minimum(np.searchsorted(self._words, words[near]), len(self._words) - 1)
            for at in near[self._words[places] == words[near]].tolist():
                if (place := shift + WORD * at) in own:
                    yield from self._proved(block, place, int(words[at]))

    def _proved(self, block: bytes, at: int, word: int) -> Iterator[int]:
        for pattern in self._by_word[word]:
            end = at + len(pattern.text)
            if not block.startswith(pattern.text, at):
                continue
            before = block[at - 1] if at else -1
            behind = block[end] if end < len(block) else -1
            if before not in pattern.not_before and behind not in pattern.not_behind:
                yield pattern.owner


def _slots(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    return (words * _MULTIPLIER) >> _SHIFT
