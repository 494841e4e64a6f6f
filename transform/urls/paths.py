"""The path of a page without people: one segment after the other, each with what the one before it announced."""

import re
from enum import Enum, auto
from typing import Final

from transform.secrets import CREDENTIAL_HEADERS, is_credential
from transform.urls.decoding import decoded, encoded
from transform.urls.personal import PLACEHOLDERS, scrub_text
from transform.urls.words import (
    FORUMS,
    NUMBER_FOLLOWS,
    PERSON_COMPANIONS,
    PERSON_FOLLOWS,
    PERSON_LATER,
    PERSON_NAMED,
    SECRET_COMPANIONS,
    SECRET_FOLLOWS,
)

PATH_LENGTH_MAX: Final = 1024
SEGMENT_LENGTH_MAX: Final = 200
"""Decoded characters; a longer segment is free text, not a page's name."""

_CUT: Final = "/{long}"
_PAGE_ENDING: Final = re.compile(r"\.(?:html?|xhtml|php\d?|aspx?|jspx?|cgi|pl|do|action|cfm|json|xml)$")
_JOINT: Final = re.compile(r"[-_.]")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SLASH: Final = re.compile(r"([/\\])")
_PASSES_MAX: Final = 10
_NAMED: Final = re.compile(r"(?P<name>[^\W\d_][\w. -]{0,40}?)(?P<join>[:=])(?P<value>.+)", re.DOTALL)
_HEADER: Final = re.compile(
    rf"({'|'.join(sorted(CREDENTIAL_HEADERS, key=len, reverse=True))})\s*:.*", re.IGNORECASE | re.DOTALL
)
_HEADER_INSTEAD: Final = r"\1:{token}"
_NAME_WORDS_MAX: Final = 3  # more are a title: "How to choose a password: ten rules"
_PARAMETER: Final = re.compile(r";[\w.~-]*=[^;]*")
_NUMBER: Final = re.compile(r"[a-z]{0,4}[-_]?\d[\d_-]+")
_PERSON_NUMBER: Final = re.compile(
    r"(?:(?:user|member|profile|author)s?[-_.]?\d+|space-(?:uid|username)-[^.]+)(?P<ending>\.[a-z0-9]{1,5})?",
    re.IGNORECASE,
)
_AUTHOR: Final = re.compile(
    r"(?:user|member|profile|author|poster)s?[-_~](?P<name>.+?)"
    r"(?P<ending>\.(?:html?|php|aspx?|jspx?|xml|json|rss|atom|png|jpe?g|gif|webp|svg))?",
    re.IGNORECASE | re.DOTALL,
)


class _Next(Enum):
    """What the segments so far announced."""

    ANYTHING = auto()
    SECRET = auto()
    PERSON = auto()
    NUMBER = auto()


def scrub_path(path: str) -> str:
    """Remove what is personal from one path; other segments stay as they are, encoding included.

    Empty segments (``//``) and path parameters (``;jsessionid=…``) are left out, and a path of more than
    `PATH_LENGTH_MAX` characters ends in ``{long}`` after its last segment that fits. With a header such as ``Cookie:``
    a path ends, as it does when our own sender took the header's value out. A scrubbed path is not changed by being
    scrubbed again.

    Args:
        path: as it stands in a request, without query and fragment; empty means ``/``.
    """
    announced, is_forum, headers = _Next.ANYTHING, False, 0
    kept = []
    for segment in path.split("/"):
        text = decoded(segment)
        plain = "{encoded}" if text is None else _PARAMETER.sub("", text)
        if not plain:
            continue
        plain, headers = _HEADER.subn(_HEADER_INSTEAD, plain)
        scrubbed, announced = _scrub_segments("{long}" if len(plain) > SEGMENT_LENGTH_MAX else plain, announced)
        is_forum = is_forum or not FORUMS.isdisjoint(map(_word, _SLASH.split(plain)))
        if is_forum:
            scrubbed = "".join(map(_without_author, _SLASH.split(scrubbed)))
        kept.append(segment if scrubbed == text else encoded(scrubbed))
        if headers:
            break
    scrubbed_path = "/" + "/".join(kept)
    if kept and path.endswith("/") and not headers:
        scrubbed_path += "/"
    if len(scrubbed_path) <= PATH_LENGTH_MAX:
        return scrubbed_path
    return scrubbed_path[: scrubbed_path.rindex("/", 0, PATH_LENGTH_MAX - len(_CUT) + 1)] + _CUT


def scrub_joined(text: str) -> str:
    """Scrub decoded text in which slashes join segments, as in ``?page=user/jane``; it may begin anywhere in a path."""
    return _scrub_segments(_HEADER.sub(_HEADER_INSTEAD, text), _Next.ANYTHING)[0]


def _scrub_segments(text: str, announced: _Next) -> tuple[str, _Next]:
    """Scrub decoded text that may have slashes in it: to many servers an encoded slash or a backslash is one too."""
    if not _SLASH.search(text):
        return _scrub_segment(text, announced)
    after = announced
    for _ in range(_PASSES_MAX):
        pieces, after = _SLASH.split(text), announced  # segments at even places, what joins them between
        for at in range(0, len(pieces), 2):
            if pieces[at]:
                pieces[at], after = _scrub_segment(pieces[at], after)
        scrubbed = scrub_text("".join(pieces))
        if scrubbed == text:
            return text, after
        text = scrubbed
    return "{id}", after


def _scrub_segment(text: str, announced: _Next) -> tuple[str, _Next]:
    """Scrub one decoded segment, and tell what it announces for the next."""
    if text in PLACEHOLDERS:
        return text, announced if announced is _Next.SECRET else _Next.ANYTHING
    word = _word(text)
    if announced is _Next.SECRET:
        return ("{token}" if _is_secret(word) else text), announced
    if announced is _Next.PERSON:
        if word in PERSON_LATER:
            return text, announced
        if word not in PERSON_COMPANIONS:
            # Behind a person's number often stands the name: "/users/4711/jane".
            return "{name}", _Next.PERSON if word.isdecimal() else _Next.ANYTHING
    if announced is _Next.NUMBER and _NUMBER.fullmatch(word):
        return "{id}", _Next.ANYTHING
    return _without_name(text), _announced_by(word)


def _word(text: str) -> str:
    return _PAGE_ENDING.sub("", _CAMEL.sub("-", text).lower())


def _without_author(text: str) -> str:
    """Scrub a page of a forum that is called after somebody: ``user-jane.html``; ``user-list.html`` is nobody's."""
    match = _AUTHOR.fullmatch(text)
    if match is None or PERSON_COMPANIONS.issuperset(_JOINT.split(match["name"].lower())):
        return text
    return "{name}" + (match["ending"] or "")


def _is_secret(word: str) -> bool:
    return not SECRET_COMPANIONS.issuperset(_JOINT.split(word))


def _announced_by(word: str) -> _Next:
    if not _is_secret(word) and not SECRET_FOLLOWS.isdisjoint(_JOINT.split(word)):
        return _Next.SECRET
    if word in PERSON_FOLLOWS:
        return _Next.PERSON
    return _Next.NUMBER if word in NUMBER_FOLLOWS else _Next.ANYTHING


def _without_name(text: str) -> str:
    """Scrub a segment that nothing announced; ``~name`` is a person's home page, ``@name`` a person's account."""
    if text[0] in "~@" and len(text) > 1:
        return text[0] + "{name}"
    if match := _PERSON_NUMBER.fullmatch(text):
        return "{name}" + (match["ending"] or "")
    if (match := _NAMED.fullmatch(text)) and (instead := _in_place_of(match["name"], match["value"])):
        return scrub_text(match["name"]) + match["join"] + instead
    return scrub_text(text)


def _in_place_of(name: str, value: str) -> str | None:
    """Say what stands in the place of a value that has its name before it: ``User:Jane``, ``password=summer``."""
    word = _CAMEL.sub("-", name.replace(" ", "-")).lower()
    words = _JOINT.split(word)
    if value in PLACEHOLDERS:
        return value
    if _announced_by(word) is _Next.SECRET or (is_credential(name) and len(words) <= _NAME_WORDS_MAX):
        return "{token}"
    if not PERSON_FOLLOWS.isdisjoint(words) and PERSON_NAMED.issuperset(words):
        return None if value.lower() in PERSON_COMPANIONS else "{name}"
    return "{id}" if word in NUMBER_FOLLOWS and _NUMBER.fullmatch(value.lower()) else None
