"""A visit to a page in a browser, which notes what goes wrong and what leaves the machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request

AXE_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
Theme: TypeAlias = Literal["light", "dark"]
THEMES: Final[tuple[Theme, ...]] = ("light", "dark")
JUDGE: Final = """([within, runOnly]) => axe.run(
  within, { runOnly, resultTypes: ["violations"], selectors: false }
).then((found) => ({
  passes: found.passes.length,
  violations: found.violations.map((rule) => [rule.id, ...rule.nodes.map((node) => node.html.slice(0, 100))]),
}))"""
OPEN_ALL: Final = "for (const e of document.querySelectorAll('details')) e.open = true"


class Visit:
    """One open page.

    Attributes:
        page: Playwright's page.
        complaints: what the console or an uncaught error said.
        asked_outside: addresses of requests for anything but the file itself; they are cut off.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.asked_outside: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._note)

    def one(self, selector: str) -> Locator:
        """Find exactly one element."""
        return self.page.locator(selector)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def place(self) -> str:
        """The part of the address after "#", where the page keeps its state."""
        return str(self.page.evaluate("location.hash"))

    def violations(self, theme: Theme, within: str = "html") -> list[list[str]]:
        """Let axe judge the page in a theme, by all rules."""
        self.page.emulate_media(color_scheme=theme)
        found = self.page.evaluate(JUDGE, [within, AXE_TAGS])
        if within == "html":
            assert found["passes"] > 30
        violations: list[list[str]] = found["violations"]
        return violations

    def too_wide(self) -> list[str]:
        """Name what reaches beyond the window to the right and does not scroll in a region of its own."""
        found: list[str] = self.page.evaluate(
            """() => [...document.body.querySelectorAll("*")]
              .filter((e) => e.checkVisibility() && !e.closest(".scroll > *, .skip, .sr, svg *"))
              .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
              .map((e) => e.tagName + "." + e.className)"""
        )
        return found

    def _note(self, request: Request) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.asked_outside.append(request.url)


@contextmanager
def visiting(browser: Browser, file: Path) -> Iterator[Callable[..., Visit]]:
    """Open a page as readers of a given screen, theme and so on; nothing may go wrong meanwhile."""
    contexts: list[BrowserContext] = []
    visits: list[Visit] = []

    def open_page(state: str = "", *, width: int = 1280, **context: Any) -> Visit:
        usual: dict[str, Any] = {"locale": "en-GB", "reduced_motion": "reduce"}
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **usual | context))
        visits.append(Visit(contexts[-1].new_page()))
        visits[-1].page.goto(f"{file.as_uri()}{state}")
        return visits[-1]

    yield open_page
    for opened in visits:
        assert opened.complaints == []
        assert opened.asked_outside == []
    for context in contexts:
        context.close()
