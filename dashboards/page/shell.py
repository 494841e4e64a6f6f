"""The shell of a page: its head, style, script, privacy note and foot; the panels are its reader's."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from string import Template
from typing import Any

from dashboards.parts.markup import Markup, element, escape, time_text


@dataclass(frozen=True, slots=True)
class Shell:
    """What differs from page to page.

    Attributes:
        title: the window's title.
        policy_version: the policy in force.
        generated_at: when the page was made, with a zone.
        body: the page itself: one element of class "page".
        privacy: what the button "Privacy" shows.
        made: the entries of "How these numbers are made".
        styles, scripts: names of files in ``assets``, in their order, without their ending.
        data: what the script needs; its "site" begins the names of CSV files.
        attribution: whose data the page shows, where a licence asks to say so.
    """

    title: str
    policy_version: str
    generated_at: datetime
    body: Markup
    privacy: Markup
    made: Markup
    styles: tuple[str, ...]
    scripts: tuple[str, ...]
    data: Mapping[str, Any]
    attribution: Markup | None = None


def render_page(shell: Shell) -> str:
    """Write a page; the policy in its head allows this one style and this one script, and no request."""
    style, script = _joined("style", shell.styles, "css"), _joined("script", shell.scripts, "js")
    return Template(_read("dashboards.page", "assets", "template.html")).substitute(
        csp=escape(
            f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; "
            "img-src data:; base-uri 'none'; form-action 'none'"
        ),
        title=escape(shell.title),
        style=style,
        script=script,
        policy=escape(shell.policy_version),
        body=shell.body,
        privacy=shell.privacy,
        made=shell.made,
        attribution=element("p", shell.attribution) if shell.attribution else "",
        generated=f"{time_text(shell.generated_at.astimezone(UTC))} UTC",
        # "<" written as \u003c: the text of a script element ends at the first "</script", wherever it stands.
        data=json.dumps(shell.data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c"),
    )


def words(package: str, name: str, **given: str | int) -> Markup:
    """Fill in a text of a page, ``words/NAME.html`` of its package; what is given is escaped unless it is markup."""
    filled = {key: escape(value) if isinstance(value, str) else f"{value:,}" for key, value in given.items()}
    return Markup(Template(_read(package, "words", f"{name}.html").rstrip()).substitute(filled))


@cache
def _joined(folder: str, names: tuple[str, ...], ending: str) -> str:
    """Join the files of one kind; their order matters."""
    texts = [_read("dashboards.page", "assets", folder, f"{name}.{ending}") for name in names]
    return "\n".join(text.strip() for text in texts) + "\n"


@cache
def _read(package: str, *place: str) -> str:
    return resources.files(package).joinpath(*place).read_text("utf-8")


def _digest(text: str) -> str:
    """Name a script or style in the content security policy."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
