"""Which text was made by chance: tokens and ids, as against words that people chose.

Two letters in a row tell: in words of two dozen languages and in names of files, "er" is common and "qz" never there,
in a token both come as often. Each pair is evidence for or against chance, in bits; a token gathers a bit or two with
every character, a word loses as much. Digits between letters speak for chance too.
"""

import re
from functools import cache
from itertools import pairwise
from string import ascii_lowercase
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

LENGTH_MIN: Final = 12
"""Shorter text has too little evidence: an article number looks the same."""
RUN: Final = rf"[A-Za-z0-9_-]{{{LENGTH_MIN},}}"
"""Text without such a run has nothing that was made by chance; also for RE2."""

_LONG: Final = 16
_EVIDENCE_BITS: Final = 8
_EVIDENCE_BITS_SHORT: Final = 14
_DIGIT_BESIDE_LETTER_BITS: Final = 3
_CAPITAL_INSIDE_BITS: Final = 1
_APART: Final = -1000
_BLOCK_VALUES: Final = 2048  # the temporaries of a block stay in the cache: half the time of whole columns

# Row: first letter, column: second letter, value: 4 + log2 of how much more often chance gives the pair than words do,
# from -4 to 4. Counted over the words of 24 languages' program messages and 83,000 names of files.
_PAIRS: Final = (
    "43226534343121537121335644"
    "37673778368477478456488868"
    "27563772384466268453488876"
    "26651667276565268446467866"
    "34224435353221536012545354"
    "48774588388578378565588878"
    "37762865387564468345488878"
    "38873887388677388575588878"
    "23232436543231246322537574"
    "38883888588787588868588888"
    "27773876385576268544477868"
    "26641667156355268744368858"
    "14762778287556338756488878"
    "26322426254564268631458846"
    "54335546554321438123334775"
    "28572766387377248244488868"
    "88888888888788888888488888"
    "15441646164544258433357855"
    "26362664273455337631366845"
    "17561674175555258233366745"
    "44444556454332648333667775"
    "28782888388775488667688868"
    "38785888588887588778888878"
    "68786888688878858875888788"
    "47575878687656548755688888"
    "37873888487775578877678867"
)
_RUN: Final = re.compile(rf"{RUN}={{0,2}}")
_JOINTS: Final = re.compile(r"([-_]+)")
_SIZE: Final = re.compile(r"\d{1,5}x\d{1,5}")


@cache
def _evidence() -> npt.NDArray[np.int16]:
    """Make the table of 256 by 256 bytes: bits of evidence for each pair, `_APART` where a run ends."""
    table = np.full((256, 256), _APART, np.int16)
    small, capital = (np.frombuffer(text.encode(), np.uint8) for text in (ascii_lowercase, ascii_lowercase.upper()))
    digits, joints = (np.frombuffer(text, np.uint8) for text in (b"0123456789", b"-_"))
    letters = np.concatenate([small, capital])
    pairs = np.array([int(level) - 4 for level in _PAIRS], np.int16).reshape(26, 26)
    for first in (small, capital):
        for second in (small, capital):
            table[np.ix_(first, second)] = pairs
    table[np.ix_(small, capital)] = _CAPITAL_INSIDE_BITS
    table[np.ix_(digits, letters)] = table[np.ix_(letters, digits)] = _DIGIT_BESIDE_LETTER_BITS
    table[np.ix_(digits, digits)] = 0
    whole = np.concatenate([letters, digits, joints])
    table[np.ix_(whole, joints)] = table[np.ix_(joints, whole)] = 0
    return table


@cache
def _evidence_rows() -> list[list[int]]:
    """Give the same as lists, for one text at a time."""
    rows: list[list[int]] = _evidence().tolist()
    return rows


def may_be_random(distinct: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Find the values in which `without_random` could replace something, for all values at once.

    Args:
        distinct: n texts without null; ASCII counts, other bytes end a run.

    Returns:
        n bools; False is certain, True means that `without_random` must look.
    """
    found = pc.match_substring_regex(distinct, RUN).to_numpy(zero_copy_only=False)
    long_enough = np.flatnonzero(found)
    offsets, data = _bytes_of(distinct.take(pa.array(long_enough)))
    for start in range(0, len(long_enough), _BLOCK_VALUES):
        end = start + _BLOCK_VALUES
        found[long_enough[start:end]] = _block(offsets[start : end + 1], data)
    return found


def _block(offsets: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Do the same for the values of one block."""
    found = np.zeros(len(offsets) - 1, np.bool_)
    data = data[offsets[0] : offsets[-1]]
    if len(data) < LENGTH_MIN:
        return found
    offsets = offsets - offsets[0]
    evidence = _evidence().ravel()[data[:-1].astype(np.uint16) << np.uint16(8) | data[1:]]
    edges = offsets[1:-1] - 1
    evidence[edges[(edges >= 0) & (edges < len(evidence))]] = _APART
    # The best window that ends here is all evidence so far less the lowest sum before it (Kadane, on whole columns).
    total = np.cumsum(evidence, dtype=np.int64)
    best = total - np.minimum.accumulate(total)
    # A window that starts with the block's first pair has no sum before it.
    best = np.maximum(best, total)
    found[np.searchsorted(offsets, np.flatnonzero(best >= _EVIDENCE_BITS) + 1, side="right") - 1] = True
    return found


def without_random(text: str) -> str:
    """Replace each part of `text` that was made by chance by ``{id}``; words beside it stay."""
    return _RUN.sub(_scrubbed_run, text)


def _scrubbed_run(match: re.Match[str]) -> str:
    pieces = _JOINTS.split(match[0].rstrip("="))  # words at even places, what joins them between
    bits = [0 if at % 2 else _bits(piece) for at, piece in enumerate(pieces)]
    if sum(one for one in bits if one > 0) < _EVIDENCE_BITS:
        return match[0]
    best, best_bits = None, 0
    for first in range(0, len(pieces), 2):
        evidence = 0
        part = ""
        for last in range(first, len(pieces), 2):
            evidence += bits[last]
            part = "".join(pieces[first : last + 1])
            if evidence >= best_bits and _is_enough(part, evidence):
                best, best_bits = (first, last + 1), evidence
    if best is None:
        return match[0]
    rest = _RUN.sub(_scrubbed_run, "".join(pieces[best[1] :]))
    return _RUN.sub(_scrubbed_run, "".join(pieces[: best[0]])) + "{id}" + rest


def _is_enough(part: str, evidence: int) -> bool:
    if len(part) >= _LONG:
        return evidence >= _EVIDENCE_BITS
    return len(part) >= LENGTH_MIN and evidence >= _EVIDENCE_BITS_SHORT and any(sign.isdigit() for sign in part)


def _bits(piece: str) -> int:
    """Sum the evidence of one word; a picture's size (``1024x768``) says nothing."""
    if _SIZE.fullmatch(piece):
        return 0
    raw = piece.encode()
    rows = _evidence_rows()
    return sum(rows[first][second] for first, second in pairwise(raw))


def _bytes_of(texts: pa.StringArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Give n + 1 offsets that start at 0, and the bytes that they point to, without a copy of the bytes."""
    _, places, content = texts.buffers()
    if places is None or content is None:
        return np.zeros(len(texts) + 1, np.int64), np.empty(0, np.uint8)
    offsets = np.frombuffer(places, np.int32)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    return offsets - offsets[0], np.frombuffer(content, np.uint8)[offsets[0] : offsets[-1]]
