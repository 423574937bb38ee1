"""RSS 2.0 with its modules, by the clauses of what describes them, and as a feed reader sees it."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from feed_samples import BARE_ENTRY, EMPTY_FEED, ENTRY, FEED, as_feed_readers_see, as_feedparser_shows, likely_feeds
from hypothesis import given
from lxml import etree

from linkback.feeds.entry import Entry, Feed
from linkback.feeds.rss import MEDIA_TYPE, write_rss

NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}
SENT_ON = "Tue, 02 Mar 2010 07:05:09 +0000"


def values(path: str, feed: Feed = FEED) -> list[str]:
    """The texts or attributes that a path finds; one that ends in an element stands for its text."""
    found = etree.fromstring(write_rss(feed)).xpath(path, namespaces=NAMES)
    return [one if isinstance(one, str) else one.text or "" for one in found] if isinstance(found, list) else [found]


def feed_of(*entries: Entry) -> Feed:
    return replace(FEED, entries=entries)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        pytest.param("/rss/@version", ["2.0"], id="RSS 2.0, the root has its version"),
        pytest.param("name(/rss[count(*)=1]/*)", ["channel"], id="RSS 2.0, the root holds one channel"),
        pytest.param("/rss/channel/title", [FEED.title], id="RSS 2.0, a channel has a title"),
        pytest.param("/rss/channel/link", [FEED.url], id="RSS 2.0, a channel has a link"),
        pytest.param("/rss/channel/description", [FEED.description], id="RSS 2.0, a channel has a description"),
        pytest.param("//channel/language", ["fr-CA"], id="RSS 2.0, language"),
        pytest.param("//lastBuildDate", ["Sun, 01 Feb 2026 12:00:00 +0000"], id="RSS 2.0, lastBuildDate"),
        pytest.param("//generator", ["Linkback"], id="RSS 2.0, generator"),
        pytest.param("//docs", ["https://www.rssboard.org/rss-specification"], id="RSS 2.0, docs"),
        pytest.param("//ttl", ["60"], id="RSS 2.0, ttl is a number of minutes"),
        pytest.param("//item/title", [ENTRY.title], id="RSS 2.0, an item has a title"),
        pytest.param("//item/link", [ENTRY.url], id="RSS 2.0, an item has a link"),
        pytest.param("//guid", [ENTRY.id], id="RSS 2.0, guid is the id"),
        pytest.param("//guid/@isPermaLink", ["false"], id="RSS 2.0, a guid that is no address says so"),
        pytest.param("//pubDate", ["Fri, 02 Jan 2026 03:04:05 +0000"], id="RSS 2.0, pubDate"),
        pytest.param("//category", ["webmention", "reply"], id="RSS 2.0, category, several of them"),
        pytest.param("//item/comments", [ENTRY.in_reply_to_url], id="RSS 2.0, comments is a page for people"),
        pytest.param("//item/description", ["if a &lt; b &amp; b &lt; c"], id="RSS 2.0, a description is escaped HTML"),
        pytest.param("//author|//managingEditor|//webMaster", [], id="RSS 2.0, author: no e-mail address is published"),
        pytest.param("//item/dc:creator", ["Alice"], id="Dublin Core, creator"),
        pytest.param("//item/content:encoded", [ENTRY.html], id="RSS content module, encoded is the whole HTML"),
        pytest.param("//channel/a:link[1]/@href", [FEED.self_url], id="RSS profile, atom:link names the feed itself"),
        pytest.param("//channel/a:link[1]/@rel", ["self"], id="RSS profile, atom:link rel=self"),
        pytest.param("//channel/a:link[1]/@type", [MEDIA_TYPE], id="RSS profile, atom:link type"),
        pytest.param(
            "//a:link[@rel='alternate']/@href",
            ["https://links.example/1?a&b", "https://two.example"],
            id="RFC 4287 4.2.7.2, alternate links name the other formats",
        ),
        pytest.param(
            "//a:link[@rel='alternate']/@type",
            ["text/x-one", "text/x-two"],
            id="RFC 4287 4.1.1, no two alternate links have the same type",
        ),
        pytest.param("//item/thr:in-reply-to/@ref", [ENTRY.in_reply_to], id="RFC 4685 3, ref is the parent's id"),
        pytest.param("//item/thr:in-reply-to/@href", [ENTRY.in_reply_to_url], id="RFC 4685 3, href is where it is"),
        pytest.param("//item/thr:in-reply-to/@type", ["text/html"], id="RFC 4685 3, type is that of href"),
        pytest.param("//item/slash:comments", ["0"], id="RSS slash module, comments is a number, 0 or more"),
        pytest.param("//item/wfw:commentRss", [FEED.self_url], id="CommentAPI, commentRss is where the answers are"),
        pytest.param("//item/@xml:lang", ["en-GB"], id="XML 1.0 2.12, an item is in the language of its source"),
    ],
)
def test_each_element_says_what_its_specification_wants(path: str, found: list[str]) -> None:
    assert values(path) == found


@given(likely_feeds)
def test_a_feed_reader_finds_nothing_to_mend_in_any_feed(feed: Feed) -> None:
    read = as_feed_readers_see(write_rss(feed), MEDIA_TYPE)
    assert not read.bozo
    assert read.version == "rss20"
    assert read.feed.get("title", "") == as_feedparser_shows(feed.title)
    assert [entry.get("title", "") for entry in read.entries] == [as_feedparser_shows(e.title) for e in feed.entries]
    assert [entry.id for entry in read.entries] == [entry.id for entry in feed.entries]


@given(likely_feeds)
def test_each_element_stands_as_often_as_rss_2_0_allows(feed: Feed) -> None:
    channel = etree.fromstring(write_rss(feed))[0]
    many = {f"{{{NAMES['a']}}}link", "category"}
    head = Counter(child.tag for child in channel if child.tag != "item")
    always = {"title", "link", "description", "generator", "docs", "ttl", *many} - {"category"}
    assert always <= head.keys() <= always | {"language", "lastBuildDate"}
    assert {count for tag, count in head.items() if tag not in many} == {1}
    for item in channel.findall("item"):
        counts = Counter(child.tag for child in item if child.tag not in many)
        assert {"title", "link", "guid", "pubDate", "comments"} <= counts.keys()
        assert set(counts.values()) == {1}


def test_a_feed_reader_sees_who_wrote_what_where_and_when() -> None:
    read = as_feed_readers_see(write_rss(FEED), MEDIA_TYPE)
    assert (read.feed.title, read.feed.link, read.feed.language) == (FEED.title, FEED.url, "fr-CA")
    assert read.feed.updated_parsed[:6] == (2026, 2, 1, 12, 0, 0)
    (entry,) = read.entries
    assert (entry.title, entry.link, entry.author) == (ENTRY.title, ENTRY.url, "Alice")
    assert (entry.id, entry.guidislink) == (ENTRY.id, False)
    assert entry.published_parsed[:6] == (2026, 1, 2, 3, 4, 5)
    assert (entry.content[0].value, entry.content[0].language) == (ENTRY.html, "en-GB")
    assert [tag.term for tag in entry.tags] == ["webmention", "reply"]
    assert (entry.comments, entry.slash_comments, entry.wfw_commentrss) == (FEED.url, "0", FEED.self_url)


def test_a_feed_without_entries_is_valid_and_has_no_date() -> None:
    read = as_feed_readers_see(write_rss(EMPTY_FEED), MEDIA_TYPE)
    assert (read.bozo, read.entries) == (False, [])
    assert (read.feed.title, read.feed.link) == (FEED.title, FEED.url)
    assert values("//lastBuildDate", EMPTY_FEED) == []


@pytest.mark.parametrize("missing", ["//language", "//@xml:lang", "//description[parent::item]", "//content:encoded"])
def test_what_is_not_known_is_left_out(missing: str) -> None:
    assert values(missing)
    assert values(missing, replace(EMPTY_FEED, entries=(BARE_ENTRY,))) == []


def test_the_document_begins_with_its_declaration_and_shows_what_it_is() -> None:
    document = write_rss(FEED)
    assert document.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<rss ')


def test_namespaces_have_the_prefixes_that_simple_readers_look_for() -> None:
    document = write_rss(FEED)
    wanted = ("<atom:link ", "<dc:creator>", "<content:encoded>", "<thr:in-reply-to ", "<slash:comments>")
    for name in (*wanted, "<wfw:commentRss>"):
        assert name.encode() in document


@pytest.mark.parametrize("hours", [-8, 0, 5.5, 14])
def test_dates_are_rfc_822_in_utc(hours: float) -> None:
    when = datetime(2010, 3, 2, 7, 5, 9, 999_999, tzinfo=UTC).astimezone(timezone(timedelta(hours=hours)))
    assert values("//pubDate", feed_of(replace(ENTRY, published_at=when))) == [SENT_ON]
    assert values("//lastBuildDate", replace(FEED, updated_at=when)) == [SENT_ON]


def test_nothing_but_the_id_changes_the_guid() -> None:
    moved = replace(
        ENTRY, url="https://elsewhere.example/", title="New", html="<p>New</p>", in_reply_to_url="https://x.example/"
    )
    assert values("//guid", feed_of(moved)) == [ENTRY.id]


def test_a_title_is_plain_text() -> None:
    assert values("//item/title", feed_of(replace(ENTRY, title="if a < b &amp; c"))) == ["if a < b &amp; c"]
