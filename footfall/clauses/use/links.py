"""Links that lead away, and forums."""

import re
from typing import Final
from urllib.parse import unquote

from dashboards.parts.markup import count_of
from footfall.clauses.evidence import Evidence
from footfall.clauses.finding import Finding, judged, not_applicable
from footfall.clauses.instruments.detectors import PEOPLE, found_in, with_placeholders
from transform.urls.personal import PLACEHOLDERS
from transform.urls.words import PERSON_COMPANIONS, PERSON_LATER

HOST: Final = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?")
FORUM: Final = re.compile(
    r"(?i)/(forums?|boards?|community|threads?|topics?|showthread|viewtopic|memberlist)(?=[/.?]|$)"
)
AUTHOR: Final = re.compile(
    r"(?i)(?<=/)(?:(?:user|member|author|profile|poster|u)s?/|(?:user|member|author|profile|poster)s?[-_])(?=([^/]+))"
)
CONTENT: Final = frozenset({"post", "posts", "message", "body", "text", "comment", "comments", "content"})
NOBODY: Final = PERSON_COMPANIONS | PERSON_LATER
ENDING: Final = re.compile(r"\.[a-z]{2,5}$")


def only_hosts_of_links(evidence: Evidence) -> Finding:
    """R34: of a click that leads away the host is kept, and no page, user or parameter of it."""
    hosts = next(
        (texts for texts in evidence.texts() if (texts.table, texts.column) == ("hits", "outbound_host")), None
    )
    if hosts is None or not hosts.values:
        return not_applicable("no click that leads away has come in")
    longer = sum(not HOST.fullmatch(with_placeholders(value, "x")) for value in hosts.values)
    defects = [f"{longer} outbound hosts have more than a host's name"] if longer else []
    clicks = evidence.number("select count(*) as clicks from hits where outbound_host is not null")
    return judged(
        f"{count_of(clicks, 'click')} to {count_of(len(hosts.values), 'host')}, of each the name alone", defects
    )


def forums_without_authors(evidence: Evidence) -> Finding:
    """R35: no source takes in posts, and pages of forums name no author."""
    policy = evidence.house.policy
    defects = [
        f"the source {name} takes the field {field.name}, which may be a post"
        for name, source in policy.sources.items()
        for field in source.fields
        if field.name in CONTENT
    ]
    pages = [
        text for texts in evidence.texts() if texts.column == "path" for text in texts.values if FORUM.search(text)
    ]
    if not pages and not defects:
        return not_applicable("no page of a forum has been visited; no source takes in posts")
    named = sum(1 for text in pages if any(True for _ in found_in(text, PEOPLE)) or _has_author(text))
    defects += [f"{named} pages of forums name an author"] if named else []
    return judged(
        f"{len(policy.sources)} sources, none of which takes in posts; {len(pages):,} pages of forums name no author",
        defects,
    )


def _has_author(path: str) -> bool:
    """Tell whether a path names somebody; an encoded slash ends a name as another does."""
    names = (ENDING.sub("", match[1]) for match in AUTHOR.finditer(unquote(path)))
    return any(name not in PLACEHOLDERS and not NOBODY.issuperset(re.split("[-_.]", name.lower())) for name in names)
