"""Every part of a line of a log, and lines that are none."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from footfall.canaries.places.place import Build, Place, Surroundings
from footfall.canaries.secrets import ADDRESSES, BY_FORM, CARDS, CREDENTIALS, KINDS

SOURCE: Final = "web_log"
AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LONG_BYTES: Final = 70_000
AS_A_WORD: Final[Mapping[str, Callable[[str], str]]] = {"plain": str, "upper": str.upper, "lower": str.lower}
HOSTS: Final = (ADDRESSES - {"address_octal", "address_hex", "address_decimal"}) | {"host_name"}

# § stands for the secret.
TARGETS: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "path": ("/shop/§/index.html", BY_FORM),
    "last part of the path": ("/article-§", BY_FORM),
    "file in the path": ("/files/§.pdf", BY_FORM),
    "path behind two slashes": ("//§/", BY_FORM),
    "path behind reset": ("/account/reset/§", KINDS),
    "path behind verify-email": ("/verify-email/§/done", KINDS),
    "path of a forum's author": ("/forum/t/4711/user/§", KINDS),
    "path of a member": ("/community/member/§", KINDS),
    "home page with a tilde": ("/~§/index.html", KINDS - {"address_v6", "address_v6_long", "address_mapped"}),
    "account with an at sign": ("/@§", KINDS),
    "path parameter": ("/cart;jsessionid=§", KINDS),
    "other path parameter": ("/cart;v=§/list", KINDS),
    "fragment": ("/help#§", KINDS),
    "parameter": ("/search?q=§", KINDS),
    "parameter with a semicolon": ("/search?page=2;who=§", KINDS),
    "parameter's name": ("/search?§=1", KINDS),
    "query without a name": ("/search?§", KINDS),
    "kept parameter": ("/list?utm_campaign=§&page=2", BY_FORM),
    "kept parameter with a path": ("/list?page=user/§", KINDS),
    "author parameter": ("/forum/search?author=§", KINDS),
    "forum's short author parameter": ("/forum/index.php?u=§&page=1", KINDS),
    "address in a parameter": ("/go?to=https%3A%2F%2Fpartner.example%2F%3Femail%3D§", KINDS),
    "user of an absolute target": ("http://§@www.shop.example/list", KINDS),
    "not found": ("/missing/§", BY_FORM),
}
NAMED: Final = {
    "password parameter": "/login?user=a&password=§&next=cart",
    "token parameter": "/cart?access_token=§",
    "card parameter": "/pay?card_number=§&month=11",
    "session parameter": "/cart?PHPSESSID=§",
    "password in an encoded address": "/go?to=%2Flogin%3Fpassword%3D§",
    "password in a nested parameter": "/form?user%5Bpassword%5D=§",
}
REFERRERS: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "referrer's path": ("https://search.example/people/§/", KINDS),
    "referrer's query": ("https://search.example/?q=§", KINDS),
    "referrer's host": ("http://§/", HOSTS),
    "referrer's user": ("https://§@search.example/", KINDS),
    "referrer that is no address": ("§", KINDS),
    "referrer's fragment": ("https://search.example/#§", KINDS),
}
BARE: Final = {
    "line without quotes": "error: user § not found in table sessions",
    "cut line": '198.51.100.7 - - [TIME] "GET /§',
    "line of JSON": '{"level":"warn","msg":"§"}',
    "message of the server": "[error] 4711#0: *1 open() failed, client: §, server: shop",
    "line of a database": "INSERT INTO carts VALUES (4, '§', now());",
    "line with a status that is none": '198.51.100.7 - - [TIME] "GET /a HTTP/1.1" 9§9 5 "-" "-"',
}


def _time(around: Surroundings) -> str:
    return f"{around.now:%d/%b/%Y:%H:%M:%S} +0000"


def line(
    around: Surroundings,
    *,
    target: str = "/list",
    address: str = "",
    who: str = "- -",
    request: str = "",
    sizes: str = "200 512",
    referrer: str = "-",
    agent: str = AGENT,
    more: str = "",
    time: str = "",
) -> str:
    """Write one line of the combined format, from one of a few thousand visitors."""
    peer = address or f"45.{around.rng.integers(1, 9)}.{around.rng.integers(0, 250)}.{around.rng.integers(1, 250)}"
    asked = request or f"GET {target} HTTP/1.1"
    return f'{peer} {who} [{time or _time(around)}] "{asked}" {sizes} "{referrer}" "{agent}"{more}'


def _in(name: str, text: str) -> Build:
    """Put the secret into one part of a line, in the place of §."""
    before, _, behind = text.partition("§")
    return lambda secret, around: line(around, **{name: f"{before}{secret}{behind}"}).encode()


def _bare(text: str) -> Build:
    before, _, behind = text.partition("§")
    return lambda secret, around: f"{before.replace('TIME', _time(around))}{secret}{behind}".encode()


def _parts() -> Iterator[Place]:
    """Every other part of a line."""
    yield Place("address", SOURCE, _in("address", "§"), ADDRESSES | {"host_name", "email", "user_name"})
    yield Place("ident", SOURCE, _in("who", "§ -"))
    yield Place("user", SOURCE, _in("who", "- §"))
    yield Place("method", SOURCE, _in("request", "§ /list HTTP/1.1"))
    yield Place("word as a method", SOURCE, _in("request", "§ /list HTTP/1.1"), frozenset({"nickname"}), AS_A_WORD)
    yield Place("protocol", SOURCE, _in("request", "GET /list §"))
    yield Place("greeting of another protocol", SOURCE, _in("request", "§"))
    yield Place("status", SOURCE, _in("sizes", "§ 512"))
    yield Place("bytes", SOURCE, _in("sizes", "200 §"), KINDS - {"address_decimal", "card"})
    yield Place("time", SOURCE, _in("time", "§"))
    yield Place("agent", SOURCE, _in("agent", "Mozilla/5.0 (§; Linux) Firefox/140.0"))
    yield Place("name of a bot", SOURCE, _in("agent", "§-bot/1.0 (+https://bot.example/)"))
    yield Place("whole agent", SOURCE, _in("agent", "§"))
    yield Place("virtual host", SOURCE, _in("address", "§:443 198.51.100.7"), KINDS - CARDS)
    yield Place("further field", SOURCE, _in("more", ' "§"'))
    yield Place("forwarded addresses", SOURCE, _in("more", ' "§, 198.51.100.7"'))
    yield Place("second further field", SOURCE, _in("more", ' "-" "§"'))
    yield Place("text behind the line", SOURCE, _in("more", " §"))
    yield Place("cookie field", SOURCE, _in("more", ' "Cookie: theme=dark; sid=§"'), promised=KINDS)


def _odd() -> Iterator[Place]:
    """Lines that are damaged, too long, or in another encoding."""

    def too_long(secret: str, around: Surroundings) -> bytes:
        return line(around, agent=secret + "x" * LONG_BYTES).encode()

    def sixteen_bits(secret: str, around: Surroundings) -> bytes:
        return line(around, target=f"/a?q={secret}").encode("utf-16-le").replace(b"\n\0", b"")

    def latin(secret: str, around: Surroundings) -> bytes:
        return line(around, target=f"/caf\xe9?q={secret}", agent=f"\xff\xfe{secret}").encode("latin-1")

    def nothing_before(secret: str, around: Surroundings) -> bytes:
        return b"\0" * 40 + line(around, agent=secret).encode()

    def split(secret: str, around: Surroundings) -> bytes:
        half = len(secret) // 2
        referrer = f"https://www.shop.example/s/{secret[half:]}"
        return line(around, target=f"/s/{secret[:half]}/cart", referrer=referrer).encode()

    def split_parameters(secret: str, around: Surroundings) -> bytes:
        half = len(secret) // 2
        return line(around, target=f"/s/{secret[:half]}?page={secret[half:]}", agent=secret[half:]).encode()

    halved = frozenset({"session_id", "web_token"})
    once = {"plain": str}
    yield Place("line that is too long", SOURCE, too_long, frozenset({"email", "address_v4", "password", "card"}))
    yield Place("line of sixteen bits a letter", SOURCE, sixteen_bits, is_wide=True)
    yield Place("line that is no UTF-8", SOURCE, latin)
    yield Place("line behind zeros", SOURCE, nothing_before)
    yield Place("split over path and referrer", SOURCE, split, halved, once, is_whole=False)
    yield Place("split over path and parameter", SOURCE, split_parameters, halved, once, is_whole=False)


LINES: Final = (
    *_parts(),
    *(Place(name, SOURCE, _in("target", text), kinds) for name, (text, kinds) in TARGETS.items()),
    *(Place(name, SOURCE, _in("target", text), promised=CREDENTIALS | CARDS) for name, text in NAMED.items()),
    *(Place(name, SOURCE, _in("referrer", text), kinds) for name, (text, kinds) in REFERRERS.items()),
    *(Place(name, SOURCE, _bare(text)) for name, text in BARE.items()),
    *_odd(),
)
