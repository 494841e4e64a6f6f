"""A visit to a page in a browser, which notes what goes wrong and what leaves the machine."""

from playwright.sync_api import Locator, Page, Request


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
