import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.page import MAX_LINK_WORDS, MAX_NAME, MAX_TITLE, MAX_WORDS_BESIDE, read_page, read_target
from linkback.sites import Post, Site, Sites
from linkback.urls import parse_url
from linkback.verdicts import PageReading

PAGES = Path(__file__).with_name("pages")
SOURCE = "https://alice.example/notes/1"
TARGET = "https://bob.example/post/7"
BOB = Site(
    id="bob",
    name="Bob",
    home=parse_url("https://bob.example/"),
    aliases=(parse_url("https://old.bob.example/blog/"), parse_url("https://bücher.example/")),
)
SITES = Sites([BOB])
POST = SITES.locate(parse_url(TARGET)) or pytest.fail("the target is no post")
NO_LINK = PageReading(links_to_target=False)


def read(
    page: str | bytes, url: str = SOURCE, *, media_type: str = "text/html", charset: str = "", post: Post = POST
) -> PageReading:
    body = page.encode() if isinstance(page, str) else page
    return read_page(body, url=parse_url(url), media_type=media_type, charset=charset, post=post, sites=SITES)


def expectation(page: Path) -> tuple[dict[str, str], PageReading]:
    """
    What is given with a page, and what must be read in it.

    Left out means: from SOURCE, text/html without a charset, read as a source; and a reading that has only defaults.
    """
    case: dict[str, Any] = json.loads(page.with_suffix(".json").read_text("utf-8"))
    said = case["reading"]
    if "published_at" in said:
        said["published_at"] = datetime.fromisoformat(said["published_at"])
    return case.get("given", {}), replace(NO_LINK, **said)


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.html")), ids=lambda page: page.stem)
def test_a_page_is_read_as_the_file_beside_it_says(page: Path) -> None:
    given_with_it, reading = expectation(page)
    url = parse_url(given_with_it.get("url", SOURCE))
    media_type, charset = given_with_it.get("media_type", "text/html"), given_with_it.get("charset", "")
    body = page.read_bytes()
    if given_with_it.get("read") == "target":
        assert read_target(body, url=url, media_type=media_type, charset=charset) == reading
    else:
        assert read(body, url.text, media_type=media_type, charset=charset) == reading


def test_every_expectation_has_its_page() -> None:
    assert {path.stem for path in PAGES.glob("*.json")} == {path.stem for path in PAGES.glob("*.html")}


@pytest.fixture
def _far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_far_from_utc")
def test_a_date_without_a_zone_is_in_utc_wherever_we_run() -> None:
    page = f"<meta property=article:published_time content=2010-05-03T10:00><a href='{TARGET}'>x</a>"
    assert read(page).published_at == datetime(2010, 5, 3, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "element",
    [
        "<a href='{}'>x</a>",
        "<map><area href='{}'></map>",
        "<img src='{}'>",
        "<video src='{}'></video>",
        "<audio src='{}'></audio>",
        "<video><source src='{}'></video>",
        "<video><track src='{}'></video>",
        "<iframe src='{}'></iframe>",
        "<embed src='{}'>",
        "<object data='{}'></object>",
        "<blockquote cite='{}'>x</blockquote>",
        "<q cite='{}'>x</q>",
        "<ins cite='{}'>x</ins>",
        "<del cite='{}'>x</del>",
    ],
)
def test_every_element_that_leads_to_the_post_or_shows_it_is_a_link(element: str) -> None:
    assert read(element.format(TARGET)).links_to_target
    assert not read(element.format(TARGET + "7")).links_to_target
    assert not read(f"<template>{element.format(TARGET)}</template>").links_to_target


def test_a_site_at_an_ipv6_address_is_found_under_every_spelling() -> None:
    sites = Sites([Site(id="six", name="Six", home=parse_url("http://[2001:db8::1]/"))])
    post = sites.locate(parse_url("http://[2001:db8::1]/7")) or pytest.fail("no post")
    body = b"<a href='http://[2001:0db8:0:0::0001]/7'>six</a>"
    reading = read_page(body, url=parse_url(SOURCE), media_type="", charset="", post=post, sites=sites)
    assert reading.links_to_target


@pytest.mark.parametrize(
    "page",
    [
        "<a " + " ".join(f"a{n}" for n in range(150_000)) + ">",
        "<html " + " ".join(f"a{n}" for n in range(100_000)) + ">",
        "<b>" * 100_000 + "</i>" * 100_000,
        "<b>" * 500 + "</i>" * 100_000,
        f"<a href='{TARGET}'><p>" * 250 + "<br><p>" * 100_000,
        f"<a href='{TARGET}'>x</a> " * 25_000,
        "<p>" + "word " * 200_000 + f"<a href='{TARGET}'>x</a>" + " word" * 200_000,
        "<title>" * 140_000,
        "<!--" * 250_000,
        "<" * 1_000_000,
        "&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" * 30_000,
        "&#" + "1" * 500_000 + ";",
        "//a" * 300_000,
        "<meta " * 200_000,
    ],
    ids=lambda page: page[:12],
)
def test_a_hostile_page_of_a_megabyte_takes_no_time_worth_mentioning(page: str) -> None:
    """Each takes a small part of a second; those that once took a time in the square of their size, half a minute."""
    began = time.process_time()
    read(page + TARGET)
    read_target(page.encode(), url=parse_url(TARGET), media_type="text/html", charset="")
    assert time.process_time() - began < 10


def spelled(char: str) -> st.SearchStrategy[str]:
    """The ways in which a character of a host can be written in an attribute."""
    plain = [char, char.upper(), f"&#{ord(char)};", f"&#x{ord(char):x};", f"\t{char}", f"{char}\n", f"&Tab;{char}"]
    return st.sampled_from([*plain, chr(ord(char) + 0xFEE0), f"&#{ord(char) + 0xFEE0};"])


@given(st.tuples(*(spelled(char) for char in "bob.example")), st.sampled_from(["//", "&sol;/", "&#47;&#x2f;", "/\n/"]))
def test_no_spelling_of_the_host_hides_a_link(host: tuple[str, ...], slashes: str) -> None:
    assert read(f"<p><a href='https:{slashes}{''.join(host)}/post/7'>x</a>").links_to_target


PIECES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["<a", "href=", "'", '"', ">", "<", "</a>", "<br>", "<!--", "-->", "<![CDATA[", "<?", "&", "&#"]),
    st.sampled_from(["<p>", "</p>", "<div>", "</div>", "<li>", "<nav>", "</nav>", "<h1>", "</h1>", "<svg>", "</svg>"]),
    st.sampled_from(["<title>", "</title>", "<script>", "</script>", "<template>", "</template>", "<select>"]),
    st.sampled_from(["<html lang=", "<meta property=og:title content=", "<meta charset=", "<base href=", "<img alt="]),
    st.sampled_from(["<link rel=canonical href=", "<time pubdate datetime=", "<iframe src="]),
    st.sampled_from(["&#x202e;", "\0", "\ufeff", "http://[", "https://", "//"]),
    st.just(f"<a href='{TARGET}'>"),
)
SOUP = st.lists(PIECES, max_size=40).map("".join)
LABELS = st.one_of(st.text(max_size=12), st.sampled_from(["utf-7", "utf-16", "gb18030", "iso-2022-jp", "replacement"]))


def assert_fit_to_show(reading: PageReading) -> None:
    assert len(reading.title) <= MAX_TITLE
    assert len(reading.author) <= MAX_NAME
    assert len(reading.site_name) <= MAX_NAME
    assert len(reading.excerpt) <= MAX_LINK_WORDS + 2 * MAX_WORDS_BESIDE + 2
    for text in (reading.title, reading.author, reading.site_name, reading.excerpt):
        assert text == " ".join(text.split())
        assert not set(text) & set(map(chr, [*range(32), 0x7F, 0x200B, 0xFEFF, *range(0x202A, 0x202F)]))


@given(st.binary(max_size=400) | SOUP.map(lambda page: page.encode("utf-8", "replace")), LABELS, LABELS)
def test_no_bytes_and_no_label_are_too_much(body: bytes, media_type: str, charset: str) -> None:
    for called in (media_type, "text/html"):
        assert_fit_to_show(read_target(body, url=parse_url(SOURCE), media_type=called, charset=charset))
        assert_fit_to_show(read(body + TARGET.encode(), media_type=called, charset=charset))


@given(st.text(), st.text(), st.text())
def test_a_link_is_found_whatever_the_words_around_it(before: str, words: str, after: str) -> None:
    link = f"<a href='{TARGET}'>{escape(words)}</a>"
    page = f"<p>{escape(before)}{link}{escape(after)}</p>".encode("utf-8", "replace")
    assert read(page, charset="utf-8").links_to_target


@given(SOUP.filter(lambda page: TARGET not in page), st.text())
def test_words_are_no_link_even_if_they_look_like_one(page: str, words: str) -> None:
    shown = escape(f"{words}<a href='{TARGET}'>{words}")
    assert not read(f"<p title='{shown}'>{shown}</p><!-- {shown} -->").links_to_target
    assert not read(page).links_to_target


WORDS = st.text("abcdefg ", max_size=200)
TAGS = st.sampled_from(
    ["<b class='x'>", "</b>", '<i title="=>">', "</i>", "<p id=x>", "</p>", "<br/>", "<!-- <x> -->", "<td>", "</div>"]
)


@given(st.lists(WORDS | TAGS, max_size=20), WORDS, st.lists(WORDS | TAGS, max_size=20))
def test_an_excerpt_has_no_markup_and_only_words_of_the_page(before: list[str], words: str, after: list[str]) -> None:
    page = f"{''.join(before)}<a href='{TARGET}'>{words}</a>{''.join(after)}"
    reading = read(page)
    assert reading.links_to_target
    assert set(reading.excerpt) <= set("abcdefg …")
    assert " ".join(words.split())[:40].strip() in reading.excerpt


@given(st.text(st.characters(codec="cp1252", categories=["L", "Nd"]), max_size=60))
def test_a_title_is_the_same_in_every_encoding_that_has_its_letters(title: str) -> None:
    page = f"<title>{title}</title><a href='{TARGET}'>x</a>"
    readings = {
        read(page.encode("utf-8"), charset="utf-8"),
        read(page.encode("cp1252"), charset="latin1"),
        read(page.encode("utf-16-le"), charset="utf-16"),
        read(b"\xfe\xff" + page.encode("utf-16-be")),
        read(f"<meta charset=windows-1252>{page}".encode("cp1252")),
    }
    assert {reading.title for reading in readings} == {title}
