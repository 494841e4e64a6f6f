"""Lines without credentials, a block at a time: one fast look at all, and the exact way for the few that need it."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from transform.secrets.line import redact_line
from transform.secrets.names import CREDENTIAL_ENDINGS, CREDENTIAL_PREFIXES, CREDENTIAL_WORDS

_ESCAPE: Final = "%(?:25)*"


def _fragments() -> str:
    """Join the shortest texts of which every credential's name holds one."""
    words = {*CREDENTIAL_WORDS, *CREDENTIAL_PREFIXES, *CREDENTIAL_ENDINGS, "code"}
    return "|".join(sorted(word for word in words if not any(other in word for other in words - {word})))


# What `redact_line` could change has one of these marks. They are for RE2, on bytes.
_MARKS: Final = "(?i)" + "|".join(
    (
        rf"(?:{_fragments()})[\w.$~*\[\]%-]*(?:\\*[\"']|\\x2[27])?[\s\x0b+]*(?:[=:]|{_ESCAPE}3[da])",
        f"{_ESCAPE}(?:[46][1-9a-f]|[57][0-9a])",  # an encoded letter: the name may be written so
        r"(?:bearer|basic)[\s\x0b+%]",
        r"\x00",  # letters of sixteen bits
        rf"eyJ[\w-]{{6}}[\w-]*(?:\.|{_ESCAPE}2e)",
        rf"(?::/{{2}}|{_ESCAPE}2f)[^/\s\"<>?#\\&]+(?:@|{_ESCAPE}40)",
    )
)


def redact_lines(lines: pa.BinaryArray) -> tuple[pa.BinaryArray, int]:
    """Put ``{redacted}`` in the place of each credential; all else stays byte for byte.

    Args:
        lines: n lines of any bytes; null stays null.

    Returns:
        n lines, the same array when none held a credential, and how many lines were changed.
    """
    marked = pc.fill_null(pc.match_substring_regex(lines, _MARKS), False)
    before = lines.filter(marked).to_pylist()
    after = [redact_line(line) for line in before]
    changed = sum(old != new for old, new in zip(before, after, strict=True))
    if not changed:
        return lines, 0
    return pc.replace_with_mask(lines, marked, pa.array(after, lines.type)), changed
