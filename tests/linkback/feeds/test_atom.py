"""Atom 1.0 and its threads, by the clauses of RFC 4287 and RFC 4685, and as a feed reader sees it."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from feed_samples import BARE_ENTRY, EMPTY_FEED, ENTRY, FEED, as_feed_readers_see, as_feedparser_shows, likely_feeds
from hypothesis import given
from lxml import etree

from linkback.feeds.atom import MEDIA_TYPE, write_atom
from linkback.feeds.entry import Entry, Feed

ATOM = "{http://www.w3.org/2005/Atom}"
NAMES = {"a": "http://www.w3.org/2005/Atom", "thr": "http://purl.org/syndication/thread/1.0"}


def values(path: str, feed: Feed = FEED) -> list[str]:
    """The texts or attributes that a path finds; one that ends in an element stands for its text."""
    found = etree.fromstring(write_atom(feed)).xpath(path, namespaces=NAMES)
    return [one if isinstance(one, str) else one.text or "" for one in found] if isinstance(found, list) else [found]


def feed_of(*entries: Entry) -> Feed:
    return replace(FEED, entries=entries)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        pytest.param("name(/a:feed)", ["feed"], id="RFC 4287 2, the root"),
        pytest.param("/a:feed/@xml:lang", ["fr-CA"], id="RFC 4287 2, the feed's language"),
        pytest.param("/a:feed/a:entry/@xml:lang", ["en-GB"], id="RFC 4287 2, an entry's language is its source's"),
        pytest.param("/a:feed/a:id", [FEED.id], id="RFC 4287 4.1.1, a feed has an id"),
        pytest.param("/a:feed/a:title", [FEED.title], id="RFC 4287 4.1.1, a feed has a title"),
        pytest.param("/a:feed/a:updated", ["2026-02-01T12:00:00Z"], id="RFC 4287 4.1.1, a feed has a date of change"),
        pytest.param("/a:feed/a:link[@rel='self']/@href", [FEED.self_url], id="RFC 4287 4.1.1, a feed names itself"),
        pytest.param("/a:feed/a:link[@rel='self']/@type", [MEDIA_TYPE], id="RFC 4287 4.2.7.3, the type of a feed"),
        pytest.param(
            "/a:feed/a:link[@rel='alternate']/@href",
            [FEED.url, "https://links.example/1?a&b", "https://two.example"],
            id="RFC 4287 4.2.7.2, the page of a feed and its other formats",
        ),
        pytest.param(
            "/a:feed/a:link[@rel='alternate']/@type",
            ["text/html", "text/x-one", "text/x-two"],
            id="RFC 4287 4.1.1, no two alternate links have the same type",
        ),
        pytest.param("/a:feed/a:subtitle", [FEED.description], id="RFC 4287 4.2.12, the description of a feed"),
        pytest.param("/a:feed/a:generator", ["Linkback"], id="RFC 4287 4.2.4, what made the feed"),
        pytest.param("//a:entry/a:id", [ENTRY.id], id="RFC 4287 4.1.2, an entry has an id"),
        pytest.param("//a:entry/a:title", [ENTRY.title], id="RFC 4287 4.1.2, an entry has a title"),
        pytest.param("//a:entry/a:updated", ["2026-01-02T03:04:06Z"], id="RFC 4287 4.1.2, an entry's date of change"),
        pytest.param("//a:entry/a:published", ["2026-01-02T03:04:05Z"], id="RFC 4287 4.2.9, an entry's date"),
        pytest.param("//a:entry/a:author/a:name", ["Alice"], id="RFC 4287 3.2.1, a person has a name"),
        pytest.param("//a:entry/a:author/a:uri", [ENTRY.author_url], id="RFC 4287 3.2.2, a person's page"),
        pytest.param("//a:email", [], id="RFC 4287 3.2.3, no e-mail address is published"),
        pytest.param("//a:entry/a:link[@rel='alternate']/@href", [ENTRY.url], id="RFC 4287 4.1.2, where an entry is"),
        pytest.param("//a:category/@term", ["webmention", "reply"], id="RFC 4287 4.2.2.1, a category has a term"),
        pytest.param("//a:content/@type", ["html"], id="RFC 4287 4.1.3.1, the type of the content"),
        pytest.param("//a:content", [ENTRY.html], id="RFC 4287 4.1.3.3, HTML is escaped once"),
        pytest.param("//a:title/@type|//a:summary/@type", [], id="RFC 4287 3.1.1, a text without a type is plain"),
        pytest.param("//a:summary", [ENTRY.text], id="RFC 4287 4.2.13, the summary of an entry"),
        pytest.param("//thr:in-reply-to/@ref", [ENTRY.in_reply_to], id="RFC 4685 3, ref is the parent's id"),
        pytest.param("//thr:in-reply-to/@href", [ENTRY.in_reply_to_url], id="RFC 4685 3, href is where the parent is"),
        pytest.param("//thr:in-reply-to/@type", ["text/html"], id="RFC 4685 3, type is that of href"),
        pytest.param(
            "//a:entry/a:link[@rel='related']/@href",
            [ENTRY.in_reply_to_url],
            id="RFC 4685 3, a related link for readers that know no threads",
        ),
        pytest.param("//a:link[@rel='replies']/@href", [FEED.self_url], id="RFC 4685 4, where the answers are"),
        pytest.param("//a:link[@rel='replies']/@type", [MEDIA_TYPE], id="RFC 4685 4, their type"),
        pytest.param("//a:link[@rel='replies']/@thr:count", ["0"], id="RFC 4685 4, how many are there"),
        pytest.param("//@thr:count[not(parent::a:link[@rel='replies'])]", [], id="RFC 4685 4, counts are of replies"),
        pytest.param("//a:entry/thr:total", ["0"], id="RFC 4685 5, how many there are"),
    ],
)
def test_each_element_says_what_its_specification_wants(path: str, found: list[str]) -> None:
    assert values(path) == found


@given(likely_feeds)
def test_each_element_stands_as_often_as_rfc_4287_allows(feed: Feed) -> None:
    """Section 4.1: what there must be one of, what there may be one of; the others are links and categories."""
    root = etree.fromstring(write_atom(feed))
    assert counts(root, "id", "title", "updated", "generator") == [1, 1, 1, 1]
    assert counts(root, "subtitle", "author") in ([0, 0], [1, 0])
    for entry in root.iterfind(f"{ATOM}entry"):
        assert counts(entry, "id", "title", "updated", "published", "author") == [1, 1, 1, 1, 1]
        assert set(counts(entry, "summary", "content")) <= {0, 1}
        rels = Counter(link.get("rel") for link in entry.iterfind(f"{ATOM}link"))
        assert rels == {"alternate": 1, "related": 1, "replies": 1}


def counts(element: etree._Element, *names: str) -> list[int]:
    return [len(element.findall(ATOM + name)) for name in names]


@given(likely_feeds)
def test_a_feed_reader_finds_nothing_to_mend_in_any_feed(feed: Feed) -> None:
    read = as_feed_readers_see(write_atom(feed), MEDIA_TYPE)
    assert not read.bozo
    assert read.version == "atom10"
    assert read.feed.get("title", "") == as_feedparser_shows(feed.title)
    assert [entry.get("title", "") for entry in read.entries] == [as_feedparser_shows(e.title) for e in feed.entries]
    assert [entry.id for entry in read.entries] == [entry.id for entry in feed.entries]


def test_a_feed_reader_sees_who_wrote_what_where_and_when() -> None:
    read = as_feed_readers_see(write_atom(FEED), MEDIA_TYPE)
    assert (read.feed.title, read.feed.subtitle, read.feed.link) == (FEED.title, FEED.description, FEED.url)
    (entry,) = read.entries
    assert (entry.title, entry.link, entry.author_detail) == (
        ENTRY.title,
        ENTRY.url,
        {"name": "Alice", "href": "https://alice.example/"},
    )
    assert (entry.published_parsed[:6], entry.updated_parsed[:6]) == ((2026, 1, 2, 3, 4, 5), (2026, 1, 2, 3, 4, 6))
    assert (entry.content[0].value, entry.content[0].type, entry.content[0].language) == (
        ENTRY.html,
        "text/html",
        "en-GB",
    )
    assert [tag.term for tag in entry.tags] == ["webmention", "reply"]


def test_a_feed_that_never_changed_says_so_by_the_same_date_at_every_look() -> None:
    read = as_feed_readers_see(write_atom(EMPTY_FEED), MEDIA_TYPE)
    assert (read.bozo, read.entries) == (False, [])
    assert values("/a:feed/a:updated", EMPTY_FEED) == ["1970-01-01T00:00:00Z"]


@pytest.mark.parametrize("missing", ["//a:subtitle", "//@xml:lang", "//a:uri", "//a:summary", "//a:content"])
def test_what_is_not_known_is_left_out(missing: str) -> None:
    assert values(missing)
    assert values(missing, replace(EMPTY_FEED, entries=(BARE_ENTRY,))) == []


@pytest.mark.parametrize("hours", [-8, 0, 5.5, 14])
def test_dates_are_rfc_3339_in_utc_with_capitals(hours: float) -> None:
    when = datetime(2010, 3, 2, 7, 5, 9, 999_999, tzinfo=UTC).astimezone(timezone(timedelta(hours=hours)))
    feed = replace(feed_of(replace(ENTRY, published_at=when, updated_at=when)), updated_at=when)
    assert set(values("//a:updated|//a:published", feed)) == {"2010-03-02T07:05:09Z"}


def test_the_document_begins_with_its_declaration_and_shows_what_it_is() -> None:
    document = write_atom(FEED)
    assert document.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<feed ')
    assert b"<thr:in-reply-to " in document
