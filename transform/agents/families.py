"""Browser and system of an agent: the family alone, without a version, and only families that we know."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa

from transform.agents.names import names

if TYPE_CHECKING:
    from ua_parser.regex import Resolver

OTHER = "Other"


def families(agents: pa.StringArray) -> tuple[pa.StringArray, pa.StringArray]:
    """Name browser and system of each agent.

    Some of ua-parser's rules take a family from the agent itself, whatever stands there; what is not in our list is
    ``Other``.

    Args:
        agents: n texts without null; 6 µs each, and 0.1 s for the first call of a process.
    """
    known = names()
    resolver = _resolver()
    browsers, systems = [], []
    for agent in agents.to_pylist():
        browser, system = resolver.ua.extract(agent), resolver.os.extract(agent)
        browsers.append(known.browsers.get(browser.family, OTHER) if browser else OTHER)
        systems.append(known.systems.get(system.family, OTHER) if system else OTHER)
    return pa.array(browsers, pa.string()), pa.array(systems, pa.string())


@cache
def _resolver() -> "Resolver":
    """Compile ua-parser's rules but those for devices, half of the work; its own parser keeps the agents that it saw."""
    with _without_yaml():
        from ua_parser import load_lazy_builtins  # noqa: PLC0415 - see _without_yaml
        from ua_parser.regex import Resolver  # noqa: PLC0415
    browsers, systems, _ = load_lazy_builtins()
    return Resolver((browsers, systems, []))


@contextmanager
def _without_yaml() -> Iterator[None]:
    """Let ua-parser find no reader of YAML, which its built-in rules have no need of: half the time of its import."""
    if "yaml" in sys.modules:
        yield
        return
    sys.modules["yaml"] = None  # type: ignore[assignment]  # importing it fails
    try:
        yield
    finally:
        del sys.modules["yaml"]
