"""Which post of which blog a URL is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.sites import Post, Site, Sites
from linkback.urls import parse_url


def site(site_id: str, home: str, *aliases: str) -> Site:
    return Site(site_id, site_id, parse_url(home), tuple(parse_url(alias) for alias in aliases))


BLOG = site("blog", "https://blog.example/", "http://old.example/weblog/")
SITES = Sites([BLOG])


def locate(url: str, sites: Sites = SITES) -> Post:
    post = sites.locate(parse_url(url))
    assert post is not None
    return post


@pytest.mark.parametrize(
    "url",
    [
        "https://blog.example/a/post",
        "http://blog.example/a/post",
        "https://www.blog.example/a/post",
        "http://www.blog.example:80/a/post",
        "https://BLOG.example./a/post",
        "https://blog.example/a/post/",
        "https://blog.example/a/post/index.html",
        "https://blog.example/a/post/index.htm",
        "https://blog.example/a/post/index.php",
        "https://blog.example/a/post#comment-3",
        "https://blog.example/a/post?",
        "https://blog.example/a/post?utm_source=x&fbclid=y",
        "https://blog.example/a/post?replytocom=5",
        "https://blog.example/a/../a/%70ost",
        "http://old.example/weblog/a/post",
        "https://www.old.example/weblog/a/post/",
    ],
)
def test_every_address_of_a_post_is_the_same_post(url: str) -> None:
    post = locate(url)
    assert post == locate("https://blog.example/a/post")
    assert post.key == locate("https://blog.example/a/post").key
    assert post.path == "/a/post"


@pytest.mark.parametrize(
    "url",
    [
        "https://blog.example/a/other",
        "https://blog.example/a",
        "https://blog.example/a/Post",
        "https://blog.example/a/post?p=4",
        "https://blog.example/a/post.html",
        "https://blog.example/a/postindex.html",
        "https://blog.example/a/post/index.html/x",
        "https://blog.example/",
    ],
)
def test_another_page_is_another_post(url: str) -> None:
    assert locate(url) != locate("https://blog.example/a/post")
    assert locate(url).key != locate("https://blog.example/a/post").key


def test_the_home_page_is_a_post_however_it_is_written() -> None:
    spellings = [
        "https://blog.example",
        "https://blog.example/",
        "http://www.blog.example/index.html",
        "http://old.example/weblog",
    ]
    assert {locate(url).path for url in spellings} == {""}
    assert locate("https://blog.example/?p=4").path == "?p=4"
    assert locate("https://blog.example/index.php?p=4") == locate("https://blog.example/?p=4")


@pytest.mark.parametrize(
    ("url", "read_at"),
    [
        ("http://www.old.example/weblog/a/post/?p=4&utm_source=x", "https://blog.example/a/post/?p=4"),
        ("https://blog.example", "https://blog.example/"),
        ("http://blog.example/a#b", "https://blog.example/a"),
    ],
)
def test_a_post_is_read_under_its_sites_home(url: str, read_at: str) -> None:
    assert locate(url).url == read_at


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/a",
        "https://blog.example.evil.example/a",
        "https://notblog.example/a",
        "https://sub.blog.example/a",
        "https://blog.example:8443/a",
        "http://blog.example:443/a",
        "http://old.example/a",
        "http://old.example/weblogs/a",
        "http://old.example/weblog2",
        "http://old.example/weblog/../a",
        "http://old.example/Weblog/a",
    ],
)
def test_a_page_that_lies_under_no_home_of_ours_is_no_post(url: str) -> None:
    assert SITES.locate(parse_url(url)) is None


def test_a_home_is_no_mere_beginning_of_a_path() -> None:
    for home in ("https://e.example/blog", "https://e.example/blog/"):
        sites = Sites([site("blog", home)])
        assert sites.locate(parse_url("https://e.example/blogger/a")) is None
        assert sites.locate(parse_url("https://e.example/blog.html")) is None
        assert locate("https://e.example/blog", sites) == locate("https://e.example/blog/", sites)
        assert locate("https://e.example/blog/a", sites).url == "https://e.example/blog/a"


@pytest.mark.parametrize("order", [1, -1])
def test_the_longest_home_wins(order: int) -> None:
    nested = [
        site("all", "https://e.example/"),
        site("blog", "https://e.example/blog/"),
        site("french", "https://other.example/", "https://e.example/blog/fr"),
    ]
    sites = Sites(nested[::order])
    assert locate("https://e.example/blog/fr/a", sites).site.id == "french"
    assert locate("https://e.example/blog/fra", sites).site.id == "blog"
    assert locate("https://e.example/bl", sites).site.id == "all"


def test_equal_paths_of_two_sites_are_two_posts() -> None:
    sites = Sites([site("one", "https://one.example/"), site("two", "https://two.example/")])
    one, two = locate("https://one.example/a", sites), locate("https://two.example/a", sites)
    assert one != two
    assert one.key != two.key


def test_a_post_stays_the_same_when_its_blog_moves() -> None:
    before = Sites([site("blog", "http://old.example/weblog")])
    after = Sites([BLOG])
    assert locate("http://old.example/weblog/a", before).key == locate("https://blog.example/a", after).key


def test_sites_are_found_by_their_id_and_can_be_counted() -> None:
    assert SITES.get("blog") is BLOG
    assert list(SITES) == [BLOG]
    assert SITES.get("other") is None


segments = st.lists(st.sampled_from(["a", "é", "index.html", "index.php", "..", ".", "", "%2F", "b;c"]), max_size=5)


@given(segments, st.sampled_from(["", "?", "?p=4", "?utm_source=x", "?a&b"]))
def test_where_a_post_is_read_is_that_post(parts: list[str], query: str) -> None:
    post = locate(f"http://www.blog.example/{'/'.join(parts)}{query}")
    again = locate(post.url)
    assert (again, again.url) == (post, post.url)


@pytest.mark.parametrize(
    ("source", "is_blocked"),
    [
        ("https://spam.example/a", True),
        ("http://www.SPAM.example:8080/", True),
        ("https://notspam.example/", False),
        ("https://spam.example.org/", False),
        ("https://example/spam.example", False),
    ],
)
def test_a_blocked_host_blocks_all_below_it(source: str, *, is_blocked: bool) -> None:
    blog = Site("blog", "Blog", parse_url("https://blog.example/"), blocked=frozenset({"spam.example"}))
    assert blog.blocks(parse_url(source)) is is_blocked
