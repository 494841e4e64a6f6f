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


def are_robots(agents: pa.StringArray) -> npt.NDArray[np.bool_]:
    """Tell for each agent what is-bot's `Bots.is_bot` tells, an order of magnitude faster.

    Nearly all patterns of is-bot go into one RE2 pattern over all agents; the few that look around them, and agents
    that are not plain ASCII, go the long way.

    Args:
        agents: n texts without null.
    """
    simple, looking = _patterns()
    plain = pc.match_substring_regex(agents, _PLAIN).to_numpy(zero_copy_only=False)
    found = pc.match_substring_regex(agents, simple, ignore_case=True).to_numpy(zero_copy_only=False) & plain
    bots = Bots()
    for place in np.flatnonzero(~found):
        agent = agents[int(place)].as_py()
        found[place] = looking.search(agent) is not None if plain[place] else bots.is_bot(agent)
    return found


def kinds_of(robots: pa.StringArray) -> pa.StringArray:
    """Name what each robot is for: the first kind whose pattern is found."""
    kinds = names().kinds
    cases = pc.make_struct(*(pc.match_substring_regex(robots, kind.pattern, ignore_case=True) for kind in kinds))
    return pc.case_when(cases, *(kind.name for kind in kinds))


def labels_of(robots: pa.StringArray) -> pa.StringArray:
    """Name each robot by the first known name in its agent; without one it is ``other``, whatever it calls itself."""
    pattern, spelling = _labels()
    found = pc.utf8_lower(pc.struct_field(pc.extract_regex(robots, pattern), 0))
    known = pa.array(list(spelling), pa.string())
    shown = pa.array(list(spelling.values()), pa.string())
    return shown.take(pc.index_in(found, known)).fill_null(OTHER_LABEL)


@cache
def _patterns() -> tuple[str, "regex.Pattern[str]"]:
    patterns = sorted(Bots().patterns)
    looking = [pattern for pattern in patterns if _LOOKS_AROUND.search(pattern)]
    simple = [pattern for pattern in patterns if pattern not in looking]
    return "|".join(simple), regex.compile("|".join(looking), regex.IGNORECASE)


@cache
def _labels() -> tuple[str, dict[str, str]]:
    """Make the pattern that finds any known name as a word, longer names first, and each name's own spelling."""
    spelling = {label.lower(): label for kind in names().kinds for label in kind.labels}
    longest_first = sorted(spelling, key=lambda label: (-len(label), label))
    return rf"(?i)(?:^|[^a-z0-9])(?P<label>{'|'.join(map(re.escape, longest_first))})(?:[^a-z]|$)", spelling
