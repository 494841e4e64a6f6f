"""The shop: its categories, products and pages, and the files that a page is made of.

Every request target of the shop has a number, its place in `Shop.targets`; traffic is columns of such numbers.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

HOST: Final = "www.shop.example"
CATEGORIES: Final = (
    "bicycles",
    "books",
    "cameras",
    "garden",
    "kitchen",
    "lamps",
    "music",
    "outdoor",
    "shoes",
    "software",
    "tea",
    "toys",
)
ADJECTIVES: Final = (
    "amber",
    "brisk",
    "calm",
    "deep",
    "early",
    "fine",
    "green",
    "hollow",
    "iron",
    "jolly",
    "keen",
    "light",
)
NOUNS: Final = (
    "anchor",
    "basket",
    "compass",
    "drum",
    "engine",
    "feather",
    "globe",
    "harbour",
    "island",
    "jar",
    "kite",
    "lantern",
)
PRODUCTS_PER_CATEGORY: Final = 150
IMAGES_PER_PAGE: Final = 3
CAMPAIGNS: Final = (
    "?utm_source=newsletter&utm_medium=email&utm_campaign=autumn",
    "?utm_source=social&utm_medium=paid",
    "?ref=partner",
)
WORDS: Final = (
    *ADJECTIVES,
    *NOUNS,
    *CATEGORIES,
    "gift",
    "sale",
    "spare+part",
    "caf%C3%A9",
    "tasse%20%C3%A0%20th%C3%A9",
)
FORUM_PAGES: Final = ("/forum", "/forum/threads/tea-or-coffee")
AUTHORS: Final = ("orrery-wilhelmine", "tobermory-quilp")
"""Names of people, who are nobody, as pages of the forum have them."""
ODD_PAGES: Final = (
    "/help/größe-und-länge".encode(),
    b"/help/gr%C3%B6%C3%9Fe",
    "/help/größe".encode("latin-1"),  # a server that writes what it was sent, whatever the encoding
    b"/help/faq.html",
    b"//help//double//slash",
    b"/help/%2e%2e/faq",
    f"/forum/user-{AUTHORS[0]}.html".encode(),  # the last ones: a page of each author
    f"/forum/members/{AUTHORS[1]}/posts".encode(),
)
ODD_PAGES_RANK: Final = 20
"""Odd pages are visited often enough that every log has some."""
RESOURCES: Final = (
    "/static/site.3f9a1c.css",
    "/static/print.css",
    "/static/app.8be2d0.js",
    "/static/vendor.51c7aa.js",
    "/static/logo.svg",
    "/static/sprite.png",
    "/static/fonts/inter.woff2",
    "/static/hero.jpg",
    "/static/banner.gif",
    "/favicon.ico",
)
VIDEOS: Final = tuple(f"/media/tour-{number}.mp4" for number in range(1, 6))
FORMS: Final = ("/cart/add", "/cart/update", "/login", "/checkout/submit", "/newsletter", "/api/stock")
MISSING: Final = (
    *(f"/product/{adjective}-{noun}-old" for adjective in ADJECTIVES[:6] for noun in NOUNS[:6]),
    "/robot.txt",
    "/static/missing.js",
    "/apple-touch-icon-precomposed.png",
)
FOR_ROBOTS: Final = ("/robots.txt", "/sitemap.xml", "/feed.xml")
PROBES: Final = (
    "/wp-login.php",
    "/.env",
    "/.git/config",
    "/phpmyadmin/index.php",
    "/cgi-bin/luci/;stok=/locale",
    "/xmlrpc.php?rsd",
    '/search?q=\\"><script>alert(1)</script>',
    "/product?id=1%27%20or%20%271%27=%271",
    "/..%2f..%2f..%2fetc/passwd",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
)
GARBAGE: Final = (
    rb"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\x16\x03\x01\x00\xee\x01\x00",
    rb"\x03\x00\x00/*\xe0\x00\x00\x00\x00\x00Cookie: mstshash=Administr",
    b"-",
)
"""What arrives when somebody speaks another protocol: written escaped by one server, raw by another."""


@dataclass(frozen=True, slots=True)
class Product:
    """One thing for sale; its page is ``/product/<slug>``."""

    slug: str
    category: str


@dataclass(frozen=True, slots=True)
class Shop:
    """The shop world.

    Attributes:
        host: its host name.
        products: by category, best sellers first; category c has the numbers c * 150 to c * 150 + 149.
        targets: every request target that a log may name, as bytes.
        groups: name of a group of targets → its numbers: products, pages (with the products), resources, images,
            videos, forms, missing, for_robots, probes, garbage.
        page_weights: how likely each of the pages is to be asked for, summing to 1, as a running sum.
        rank_weights: the same for the products of one category, by rank.
        sizes: typical bytes of an answer, one for each target (int32).
    """

    host: str
    products: tuple[Product, ...]
    targets: tuple[bytes, ...]
    groups: dict[str, range]
    page_weights: npt.NDArray[np.float64]
    rank_weights: npt.NDArray[np.float64]
    sizes: npt.NDArray[np.int32]

    @property
    def authors(self) -> dict[int, str]:
        """The numbers of the forum's pages that name an author, and that name."""
        end = self.groups["pages"].stop
        return dict(zip(range(end - len(AUTHORS), end), AUTHORS, strict=True))

    @property
    def front_page(self) -> int:
        """The number of ``/``, the first page after the products'."""
        return self.groups["products"].stop

    def images_of(self, pages: npt.NDArray[np.int32], which: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """Give the target number of each page's image `which` (0 to 2)."""
        return (self.groups["images"].start + pages * IMAGES_PER_PAGE + which).astype(np.int32)


def build_shop(rng: np.random.Generator) -> Shop:
    """Build the shop; equal random states build equal shops."""
    products = _products(rng)
    pages = [*_product_pages(products), *_other_pages()]
    images = [f"/img/{page}-{which}.webp".encode() for page in range(len(pages)) for which in range(IMAGES_PER_PAGE)]
    grouped = {
        "pages": pages,
        "resources": _encoded(RESOURCES),
        "images": images,
        "videos": _encoded(VIDEOS),
        "forms": _encoded(FORMS),
        "missing": _encoded(MISSING),
        "for_robots": _encoded(FOR_ROBOTS),
        "probes": _encoded(PROBES),
        "garbage": list(GARBAGE),
    }
    groups = {"products": range(len(products))}
    targets: list[bytes] = []
    for name, members in grouped.items():
        groups[name] = range(len(targets), len(targets) + len(members))
        targets += members
    popularity = rng.permutation(len(pages))
    popularity[len(products)] = 0  # the front page is always the first
    popularity[-len(ODD_PAGES) :] = ODD_PAGES_RANK
    return Shop(
        host=HOST,
        products=products,
        targets=tuple(targets),
        groups=groups,
        page_weights=_zipf(popularity, 1.05),
        rank_weights=_zipf(np.arange(PRODUCTS_PER_CATEGORY), 0.9),
        sizes=_sizes(rng, groups, len(targets)),
    )


def _products(rng: np.random.Generator) -> tuple[Product, ...]:
    names = [f"{adjective}-{noun}" for adjective in ADJECTIVES for noun in NOUNS]
    products = []
    for category in CATEGORIES:
        order = rng.permutation(len(names))
        for number in range(PRODUCTS_PER_CATEGORY):
            name = names[order[number % len(names)]]
            products.append(Product(f"{category}-{name}-{number + 1}", category))
    return tuple(products)


def _product_pages(products: tuple[Product, ...]) -> list[bytes]:
    return [f"/product/{product.slug}".encode() for product in products]


def _other_pages() -> list[bytes]:
    """List all pages but the products', the front page first."""
    pages = ["/", *(f"/{campaign}" for campaign in CAMPAIGNS), "/cart", "/checkout", "/account", "/login", "/contact"]
    for category in CATEGORIES:
        pages += [f"/category/{category}", *(f"/category/{category}?page={page}" for page in range(2, 6))]
        pages += [f"/category/{category}?color={color}&sort=price" for color in ("red", "blue")]
    pages += [f"/search?q={word}" for word in WORDS]
    pages += [
        f"/blog/2026/{month:02}/{adjective}-{noun}"
        for month, adjective in enumerate(ADJECTIVES[:-1], 1)
        for noun in NOUNS[:4]
    ]
    pages += FORUM_PAGES
    return [*_encoded(tuple(pages)), *ODD_PAGES]


def _zipf(ranks: npt.NDArray[np.int64], exponent: float) -> npt.NDArray[np.float64]:
    weights = 1.0 / (ranks + 1.0) ** exponent
    return np.cumsum(weights / weights.sum())


def _sizes(rng: np.random.Generator, groups: dict[str, range], count: int) -> npt.NDArray[np.int32]:
    typical = {"pages": 14_000, "resources": 38_000, "images": 24_000, "videos": 1_000_000, "for_robots": 9_000}
    sizes = np.full(count, 320.0)
    for name, bytes_typical in typical.items():
        members = groups[name]
        sizes[members.start : members.stop] = bytes_typical * rng.lognormal(0.0, 0.5, len(members))
    return sizes.astype(np.int32)


def _encoded(texts: tuple[str, ...]) -> list[bytes]:
    return [text.encode() for text in texts]
