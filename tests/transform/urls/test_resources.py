import pyarrow as pa

from transform.urls import is_static
from transform.urls.resources import STATIC_EXTENSIONS


def test_endings_tell_resources_from_pages() -> None:
    resources = ["/a.png", "/A.PNG", "/favicon.ico", "/robots.txt", "/avatars/{id}.png", "/x/y.tar.gz", "/f.woff2"]
    pages = ["/", "/a", "/a/", "/a.html", "/a.php", "/png", "/a.png/", "/a.png.html", "/a.pngx", "/.x/png", "-"]
    assert is_static(pa.array(resources)).to_pylist() == [True] * len(resources)
    assert is_static(pa.array(pages)).to_pylist() == [False] * len(pages)


def test_null_stays_null_and_nothing_stays_nothing() -> None:
    assert is_static(pa.array([None], pa.string())).to_pylist() == [None]
    assert len(is_static(pa.array([], pa.string()))) == 0


def test_each_ending_is_found_and_answering_programs_are_none() -> None:
    paths = [f"/x.{ending}" for ending in sorted(STATIC_EXTENSIONS)]
    assert all(is_static(pa.array(paths)).to_pylist())
    assert STATIC_EXTENSIONS.isdisjoint({"html", "htm", "xhtml", "php", "asp", "aspx", "jsp", "cgi", "do"})
