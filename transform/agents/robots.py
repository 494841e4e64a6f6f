"""Which agents are programs without a person, what they are for, and what they are called."""

import re
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import regex
from is_bot import Bots

from transform.agents.names import names

OTHER_LABEL: Final = "other"
NO_NAME_LABEL: Final = "(no name sent)"
NO_NAME_KIND: Final = "Scripts and libraries"

# RE2 and regex agree on printable ASCII alone; they see other alphabets, digits and blanks with other eyes.
_PLAIN: Final = r"^[\x20-\x7e]*$"
_LOOKS_AROUND: Final = re.compile(r"\(\?<?[=!]")
_PIECE: Final = re.compile(rf"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|{_LOOKS_AROUND.pattern}|.", re.DOTALL)
"""A piece of a pattern: a sign, a class of signs, or the opening of a look around."""


def are_robots(agents: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Tell for each agent what is-bot's `Bots.is_bot` tells, an order of magnitude faster.

    Nearly all patterns of is-bot go into one RE2 pattern over all agents. The long way go agents that are not plain
    ASCII, and those in which one of the few patterns that look around them may be found: it is found without its looks.

    Args:
        agents: n texts without null.
    """
    simple, looking, without_looks = _patterns()
    plain = pc.match_substring_regex(agents, _PLAIN).to_numpy(zero_copy_only=False)
    found = pc.match_substring_regex(agents, simple, ignore_case=True).to_numpy(zero_copy_only=False) & plain
    may_be = pc.match_substring_regex(agents, without_looks, ignore_case=True).to_numpy(zero_copy_only=False)
    bots = Bots()
    for place in np.flatnonzero(~found & (may_be | ~plain)):
        agent = agents[int(place)].as_py()
        found[place] = looking.search(agent) is not None if plain[place] else bots.is_bot(agent)
    return found


def kinds_of(robots: pa.StringArray) -> pa.StringArray:
    """Name what each robot is for: the first kind whose pattern is found."""
    if not len(robots):  # making the patterns ready takes as long as a hundred robots
        return robots
    kinds = names().kinds
    cases = pc.make_struct(*(pc.match_substring_regex(robots, kind.pattern, ignore_case=True) for kind in kinds))
    return pc.case_when(cases, *(kind.name for kind in kinds))


def labels_of(robots: pa.StringArray) -> pa.StringArray:
    """Name each robot by the first known name in its agent; without one it is ``other``, whatever it calls itself."""
    if not len(robots):
        return robots
    pattern, spelling = _labels()
    found = pc.utf8_lower(pc.struct_field(pc.extract_regex(robots, pattern), 0))
    known = pa.array(list(spelling), pa.string())
    shown = pa.array(list(spelling.values()), pa.string())
    return shown.take(pc.index_in(found, known)).fill_null(OTHER_LABEL)


@cache
def _patterns() -> tuple[str, "regex.Pattern[str]", str]:
    """Make of is-bot's patterns those that do not look around them, those that do, and the latter without their looks."""
    patterns = sorted(Bots().patterns)
    looking = [pattern for pattern in patterns if _LOOKS_AROUND.search(pattern)]
    simple = [pattern for pattern in patterns if pattern not in looking]
    compiled = regex.compile("|".join(looking), regex.IGNORECASE)
    return "|".join(simple), compiled, "|".join(map(_without_looks, looking))


def _without_looks(pattern: str) -> str:
    """Leave the looks out of a pattern, which then finds all that it found before, and more."""
    kept, depth = [], 0
    for piece in _PIECE.findall(pattern):
        if depth:
            depth += piece.startswith("(") - (piece == ")")
        elif _LOOKS_AROUND.fullmatch(piece):
            depth = 1
        else:
            kept.append(piece)
    return "".join(kept)


@cache
def _labels() -> tuple[str, dict[str, str]]:
    """Make the pattern that finds any known name as a word, longer names first, and each name's own spelling."""
    spelling = {label.lower(): label for kind in names().kinds for label in kind.labels}
    longest_first = sorted(spelling, key=lambda label: (-len(label), label))
    return rf"(?i)(?:^|[^a-z0-9])(?P<label>{'|'.join(map(re.escape, longest_first))})(?:[^a-z]|$)", spelling
