"""The programs that ask: what people browse with, and what robots call themselves."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

CHROME: Final = "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
CHROME_MOBILE: Final = "Mozilla/5.0 (Linux; Android {system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Mobile Safari/537.36"
EDGE: Final = CHROME + " Edg/{version}.0.0.0"
FIREFOX: Final = "Mozilla/5.0 ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"
SAFARI: Final = "Mozilla/5.0 ({system}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{version} Safari/605.1.15"
IPHONE: Final = "Mozilla/5.0 (iPhone; CPU iPhone OS {system} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{version} Mobile/15E148 Safari/604.1"
IPAD: Final = "Mozilla/5.0 (iPad; CPU OS {system} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{version} Mobile/15E148 Safari/604.1"
WINDOWS: Final = "Windows NT 10.0; Win64; x64"
MAC: Final = "Macintosh; Intel Mac OS X 10_15_7"
LINUX: Final = "X11; Linux x86_64"
FAMILIES: Final = (
    # weight, template, systems, versions from new (common) to old (rare)
    (30.0, CHROME, (WINDOWS, MAC, LINUX), tuple(range(146, 126, -1))),
    (24.0, CHROME_MOBILE, ("10; K", "14; Pixel 8", "15; SM-S921B", "13; SM-A536B"), tuple(range(146, 130, -1))),
    (20.0, IPHONE, ("18_7", "18_6", "17_7"), ("26.1", "18.6", "18.5", "17.7")),
    (8.0, SAFARI, (MAC,), ("26.1", "18.6", "18.5", "17.6", "16.6")),
    (7.0, EDGE, (WINDOWS, MAC), tuple(range(146, 134, -1))),
    (
        8.0,
        FIREFOX,
        (WINDOWS, "Macintosh; Intel Mac OS X 10.15", LINUX, "X11; Ubuntu; Linux x86_64"),
        (*range(146, 132, -1), 128, 115),
    ),
    (3.0, IPAD, ("18_7", "17_7"), ("26.1", "18.6", "17.7")),
)
CRAWLERS: Final = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    CHROME_MOBILE.format(system="6.0.1; Nexus 5X Build/MMB29P", version=141)
    + " (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
)
FEED_READERS: Final = (
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 3 subscribers; like FeedFetcher-Google)",
    "NewsBlur Feed Fetcher - 12 subscribers - https://www.newsblur.com",
    "Tiny Tiny RSS/24.06 (https://tt-rss.org/)",
)
MONITORS: Final = ("Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",)
SCRIPTS: Final = ("curl/8.11.1", "python-requests/2.32.3", "Go-http-client/2.0", "Wget/1.24.5")
SCANNERS: Final = (
    "-",
    "Mozilla/5.0 zgrab/0.x",
    "masscan/1.3 (https://github.com/robertdavidgraham/masscan)",
    "curl/7.88.1",
)


@dataclass(frozen=True, slots=True)
class Agents:
    """Every user agent of the simulation, as the log writes it.

    Attributes:
        texts: people's agents first.
        people_weights: how common each of the people's agents is, as a running sum that ends at 1.
        robots: crawlers, feed_readers, monitors, scripts, scanners → the numbers of their agents.
    """

    texts: tuple[str, ...]
    people_weights: npt.NDArray[np.float64]
    robots: dict[str, range]


def list_agents() -> Agents:
    """List the agents; nothing here is random."""
    people: list[tuple[str, float]] = []
    for weight, template, systems, versions in FAMILIES:
        shares = [1.0 / (age + 1) / (place + 1) for place in range(len(systems)) for age in range(len(versions))]
        texts = [template.format(system=system, version=version) for system in systems for version in versions]
        people += [(text, weight * share / sum(shares)) for text, share in zip(texts, shares, strict=True)]
    texts = [text for text, _ in people]
    weights = np.cumsum([weight for _, weight in people])
    robots: dict[str, range] = {}
    for name, members in (
        ("crawlers", CRAWLERS),
        ("feed_readers", FEED_READERS),
        ("monitors", MONITORS),
        ("scripts", SCRIPTS),
        ("scanners", SCANNERS),
    ):
        robots[name] = range(len(texts), len(texts) + len(members))
        texts += members
    return Agents(tuple(texts), weights / weights[-1], robots)
