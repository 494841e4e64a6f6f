"""The closed lists of names that may leave `classify_agents`, read once from ``names.toml``."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Kind:
    """What some robots are for.

    Attributes:
        name: as it is stored and shown.
        pattern: found in the agents of this kind (RE2, case ignored); empty finds every agent.
        labels: names of single robots that may be shown.
    """

    name: str
    pattern: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """All names.

    Attributes:
        browsers: family of ua-parser to the name shown.
        systems: likewise.
        kinds: in the order in which they are tried; the last finds all that the others do not.
    """

    browsers: Mapping[str, str]
    systems: Mapping[str, str]
    kinds: tuple[Kind, ...]


@cache
def names() -> Names:
    """Read the lists; later calls give the same object."""
    text = files("transform.agents").joinpath("names.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(text)
    kinds = tuple(Kind(kind["name"], kind["pattern"], tuple(kind["labels"])) for kind in tables["kind"])
    return Names(_shown(tables["browsers"]), _shown(tables["systems"]), kinds)


def _shown(families: dict[str, list[str]]) -> Mapping[str, str]:
    listed = {family: shown for shown, others in families.items() for family in (shown, *others)}
    return MappingProxyType(listed)
