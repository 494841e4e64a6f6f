"""A search for thousands of words in many bytes at once."""

from collections import defaultdict
from collections.abc import Collection
from typing import Final

import numpy as np

HEAD_BYTES: Final = 3


class Search:
    """Looks for any of some words; the first three bytes of each choose the places that are worth a look."""

    def __init__(self, words: Collection[bytes]) -> None:
        """Take words of three bytes or more."""
        self._words: defaultdict[int, list[bytes]] = defaultdict(list)
        for word in words:
            self._words[int.from_bytes(word[:HEAD_BYTES], "little")].append(word)
        self._heads = np.zeros(2 ** (8 * HEAD_BYTES), bool)
        self._heads[list(self._words)] = True

    def count(self, content: bytes) -> int:
        """Count the distinct words that stand in `content`."""
        numbers = np.frombuffer(content, np.uint8).astype(np.uint32)
        if len(numbers) < HEAD_BYTES:
            return 0
        heads = numbers[:-2] | numbers[1:-1] << np.uint32(8) | numbers[2:] << np.uint32(16)
        found: set[bytes] = set()
        for place in np.flatnonzero(self._heads[heads]).tolist():
            found.update(word for word in self._words[int(heads[place])] if content.startswith(word, place))
        return len(found)
