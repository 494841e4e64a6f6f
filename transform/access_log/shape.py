"""What a line looked like, without a word of it: all that a dead letter may keep of its content."""

import codecs
import unicodedata
from itertools import groupby
from typing import Final

SHAPE_CHARACTERS_MAX: Final = 64
READ_BYTES_MAX: Final = 4096
"""Only so much of a line is looked at, however long it is."""


def shape(line: bytes) -> str:
    """Each run of letters as ``a``, of digits as ``9``, of anything else as its Unicode general category.

    Marks count as letters, for they are parts of words; all kinds of numbers count as digits. A category is two letters (``Zs`` blank,
    ``Po`` punctuation, ``Cc`` control, ``So`` symbol or bytes that are no UTF-8), so ``10.0.0.1 - bob`` is ``9Po9Po9Po9ZsPdZsa``.
    At most 64 characters, of the first 4 KiB; how long a run is does not show.
    """
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(line[:READ_BYTES_MAX], len(line) <= READ_BYTES_MAX)
    pieces: list[str] = []
    length = 0
    for piece, _ in groupby(map(PIECES.__getitem__, text)):
        length += len(piece)
        if length > SHAPE_CHARACTERS_MAX:
            break
        pieces.append(piece)
    return "".join(pieces)


def _piece(character: str) -> str:
    category = unicodedata.category(character)
    return {"L": "a", "M": "a", "N": "9"}.get(category[0], category)


class _Pieces(dict[str, str]):
    """The piece of each character; those that are in nearly every line are found without a call."""

    def __missing__(self, character: str) -> str:
        return _piece(character)


PIECES: Final = _Pieces({character: _piece(character) for character in map(chr, range(128))})
