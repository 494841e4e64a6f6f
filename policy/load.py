"""The policy file, read, typed and checked: what is wrong is said with its place, all of it at once."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import msgspec

from policy.checks import broken_rules
from policy.errors import UsageError
from policy.model import Policy, PolicyError
from policy.shape import misshapen

ENDING = ".toml"


def load_policy(version: str | Path = "plimus-1.4") -> Policy:
    """Give the policy of a version that is shipped, such as ``plimus-1.4``, or the one in a ``.toml`` file.

    A version that is not known stops the run (R1) with a `UsageError` that lists the known ones, as does a file that
    cannot be read; a damaged file is a `PolicyError` that names the file, each place in it and what was expected there.
    """
    if isinstance(version, Path) or version.endswith(ENDING):
        return _read(Path(version), str(version))
    shipped = {item.name.removesuffix(ENDING) for item in _shipped()}
    if version not in shipped:
        known = ", ".join(sorted(shipped))
        raise UsageError(f'the policy version "{version}" is not known (R1); known are: {known}, or give a .toml file')
    return _read_shipped(version)


def policy_from(data: Mapping[str, Any], file: str) -> Policy:
    """Give the policy in `data`, a parsed TOML document; `file` is the name under which errors speak of it."""
    findings = tuple(misshapen(data, Policy))
    if not findings:
        policy = msgspec.convert(data, Policy)
        findings = tuple(broken_rules(policy))
        if not findings:
            return policy
    if len(findings) == 1:
        raise PolicyError(f"{file}: {findings[0]}", findings)
    raise PolicyError(f"{file} has {len(findings)} defects:\n" + "\n".join(f"  {one}" for one in findings), findings)


def _shipped() -> list[Traversable]:
    return [item for item in resources.files("policy").iterdir() if item.name.endswith(ENDING)]


@cache
def _read_shipped(version: str) -> Policy:
    """Read what is shipped once in a process: it cannot change, and takes longer than much that is asked of it."""
    return _read(resources.files("policy") / f"{version}{ENDING}", f"policy/{version}{ENDING}")


def _read(source: Traversable, file: str) -> Policy:
    try:
        text = source.read_bytes().decode()
    except OSError as error:
        raise UsageError(f"the policy file {file} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{file} is not UTF-8 at byte {error.start}; save it as UTF-8") from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{file} is not TOML: {error}") from error
    return policy_from(data, file)
