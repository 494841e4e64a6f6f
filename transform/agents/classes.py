"""The classes of user agents, once per distinct agent."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from transform.agents.devices import devices
from transform.agents.families import families
from transform.agents.robots import NO_NAME_KIND, NO_NAME_LABEL, are_robots, kinds_of, labels_of

AGENT_LENGTH_MAX: Final = 2048
"""What stands further right in an agent is not read."""

_NO_NAME: Final = r"^\s*-?\s*$"


def classify_agents(distinct: pa.StringArray) -> pa.Table:
    """Name device, browser, system and robot of each agent, all from closed lists: no version, no model, no free text.

    Args:
        distinct: n agents as clients sent them; ``-`` and empty text mean that none was sent, which is a robot's way;
            null means that the log does not say, which is nobody's fault: a person's, of whom nothing is known.

    Returns:
        n rows: ``device`` (Desktop, Phone, Tablet, Other, or Bot for robots), ``browser`` and ``system`` (``Other`` where
        unknown; for robots what they claim to run on), ``is_bot``, and for robots ``bot_kind`` and ``bot_label``, for people null.
    """
    agents = pc.utf8_slice_codeunits(distinct.fill_null(""), 0, AGENT_LENGTH_MAX)
    nameless = pc.and_(pc.match_substring_regex(agents, _NO_NAME), distinct.is_valid())
    is_bot = pc.or_(nameless, pa.array(are_robots(agents)))
    robots = agents.filter(is_bot)
    kinds = pc.if_else(nameless.filter(is_bot), NO_NAME_KIND, kinds_of(robots))
    labels = pc.if_else(nameless.filter(is_bot), NO_NAME_LABEL, labels_of(robots))
    browsers, systems = families(agents)
    people = pa.nulls(len(agents), pa.string())
    return pa.table(
        {
            "device": pc.if_else(is_bot, "Bot", devices(agents)),
            "browser": browsers,
            "system": systems,
            "is_bot": is_bot,
            "bot_kind": pc.replace_with_mask(people, is_bot, kinds),
            "bot_label": pc.replace_with_mask(people, is_bot, labels),
        }
    )
