"""Writing a page: whole or not at all, and for its owner alone where it holds personal data."""

import os
from pathlib import Path

from policy.errors import FootfallError


class PageError(FootfallError):
    """The page could not be written; an older file of that name is as it was."""


def write_page(text: str, out: Path, *, is_private: bool = False) -> int:
    """Write a page to `out` and give its size in bytes; with `is_private` nobody but the owner can ever open it.

    Raises:
        PageError: the file cannot be written.
    """
    encoded = text.encode("utf-8", "replace")
    part = out.with_name(f"{out.name}.part")
    try:
        part.unlink(missing_ok=True)
        # Private from its first byte on: a mode that is set later leaves a moment in which others can open it.
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if is_private else 0o666)
        with os.fdopen(handle, "wb") as file:
            file.write(encoded)
        part.replace(out)
    except OSError as error:
        part.unlink(missing_ok=True)
        ask = "; is its folder there?" if isinstance(error, FileNotFoundError) else ""
        raise PageError(f"cannot write the page to {out}: {error.strerror}{ask}") from error
    return len(encoded)
