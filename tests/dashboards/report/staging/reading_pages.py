"""What a reader without scripts sees of a page, and how the page is built: its elements, texts and attributes."""

from collections import Counter
from html.parser import HTMLParser
from typing import Final

_SILENT: Final = frozenset({"script", "style", "title"})
_BLOCKS: Final = frozenset({"p", "div", "tr", "td", "th", "li", "dt", "dd", "h1", "h2", "h3", "text", "pre", "caption"})


class Page(HTMLParser):
    """One parsed page.

    Attributes:
        tags: how many elements there are of each name.
        attributes: every (element, attribute, value).
        loud: the visible text, blanks made one; `by_id` the same for each element with an id.
        silent: the contents of scripts, styles and titles.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.silent: list[str] = []
        self._open: list[tuple[str, str | None]] = []
        self._texts: dict[str | None, list[str]] = {None: []}
        self.feed(html)
        self.close()

    @property
    def loud(self) -> str:
        return _clean(self._texts[None])

    def section(self, key: str) -> str:
        """Return the visible text of the element with that id; empty if there is none."""
        return _clean(self._texts.get(key, []))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_startendtag(tag, attrs)
        if tag not in {"meta", "link"}:
            self._open.append((tag, dict(attrs).get("id")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._separate(tag)

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"
        self._separate(tag)

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] in _SILENT:
            self.silent.append(data)
            return
        for key in {None, *(key for _, key in self._open if key)}:
            self._texts.setdefault(key, []).append(data)

    def _separate(self, tag: str) -> None:
        if tag in _BLOCKS:
            for texts in self._texts.values():
                texts.append(" ")


def _clean(texts: list[str]) -> str:
    return " ".join("".join(texts).split())
