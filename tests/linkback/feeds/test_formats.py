"""What RSS, Atom and JSON Feed have in common: they say the same, and lose nothing."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any

import pytest
from feed_samples import FEED, allowed, feeds, times
from hypothesis import example, given
from lxml import etree

from linkback.feeds.atom import write_atom
from linkback.feeds.entry import Entry, Feed, answers_in
from linkback.feeds.json_feed import write_json_feed
from linkback.feeds.rss import write_rss

NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "thr": "http://purl.org/syndication/thread/1.0",
}
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
WRITERS = [write_rss, write_atom, write_json_feed]

Told = dict[str, Any]
"""What a document tells, by the names of our fields; its entries are in "entries"."""


def seconds(when: datetime) -> datetime:
    return when.astimezone(UTC).replace(microsecond=0)


def expected(feed: Feed) -> Told:
    """What every format must tell of a feed."""
    return {
        "title": allowed(feed.title),
        "url": allowed(feed.url),
        "self_url": allowed(feed.self_url),
        "description": allowed(feed.description),
        "language": allowed(feed.language),
        "alternates": [(allowed(other.media_type), allowed(other.url)) for other in feed.alternates],
        "entries": [_expected_entry(entry) for entry in feed.entries],
    }


def _expected_entry(entry: Entry) -> Told:
    names = ("id", "url", "title", "author_name", "text", "html", "in_reply_to", "language")
    told: Told = {name: allowed(getattr(entry, name)) for name in names}
    categories = [allowed(category) for category in entry.categories]
    return told | {"published_at": seconds(entry.published_at), "categories": categories}


def told_by_rss(document: bytes) -> Told:
    channel = etree.fromstring(document)[0]
    return {
        "title": channel.findtext("title", "", None),
        "url": channel.findtext("link", "", None),
        "self_url": channel.xpath("string(a:link[@rel='self']/@href)", namespaces=NAMES),
        "description": channel.findtext("description", "", None),
        "language": channel.findtext("language", "", None),
        "alternates": [(link.get("type"), link.get("href")) for link in channel.findall("a:link", NAMES)[1:]],
        "entries": [_entry_told_by_rss(item) for item in channel.findall("item")],
    }


def _entry_told_by_rss(item: etree._Element) -> Told:
    return {
        "id": item.findtext("guid", "", None),
        "url": item.findtext("link", "", None),
        "title": item.findtext("title", "", None),
        "author_name": item.findtext("dc:creator", "", NAMES),
        "text": unescape(item.findtext("description", "", None)),
        "html": item.findtext("content:encoded", "", NAMES),
        "in_reply_to": item.xpath("string(thr:in-reply-to/@ref)", namespaces=NAMES),
        "language": item.get(LANGUAGE, ""),
        "published_at": parsedate_to_datetime(item.findtext("pubDate", "", None)),
        "categories": [category.text or "" for category in item.findall("category")],
    }


def told_by_atom(document: bytes) -> Told:
    feed = etree.fromstring(document)
    page, _itself, *others = feed.findall("a:link", NAMES)
    return {
        "title": feed.findtext("a:title", "", NAMES),
        "url": page.get("href"),
        "self_url": feed.xpath("string(a:link[@rel='self']/@href)", namespaces=NAMES),
        "description": feed.findtext("a:subtitle", "", NAMES),
        "language": feed.get(LANGUAGE, ""),
        "alternates": [(link.get("type"), link.get("href")) for link in others],
        "entries": [_entry_told_by_atom(entry) for entry in feed.findall("a:entry", NAMES)],
    }


def _entry_told_by_atom(entry: etree._Element) -> Told:
    return {
        "id": entry.findtext("a:id", "", NAMES),
        "url": entry.xpath("string(a:link[@rel='alternate']/@href)", namespaces=NAMES),
        "title": entry.findtext("a:title", "", NAMES),
        "author_name": entry.findtext("a:author/a:name", "", NAMES),
        "text": entry.findtext("a:summary", "", NAMES),
        "html": entry.findtext("a:content", "", NAMES),
        "in_reply_to": entry.xpath("string(thr:in-reply-to/@ref)", namespaces=NAMES),
        "language": entry.get(LANGUAGE, ""),
        "published_at": datetime.fromisoformat(entry.findtext("a:published", "", NAMES)),
        "categories": [category.get("term") for category in entry.findall("a:category", NAMES)],
    }


def told_by_json(document: bytes) -> Told:
    feed = json.loads(document)
    return {
        "title": feed["title"],
        "url": feed.get("home_page_url", ""),
        "self_url": feed.get("feed_url", ""),
        "description": feed.get("description", ""),
        "language": feed.get("language", ""),
        "alternates": [(other["type"], other["url"]) for other in feed["_linkback"]["alternates"]],
        "entries": [_entry_told_by_json(item) for item in feed["items"]],
    }


def _entry_told_by_json(item: Told) -> Told:
    return {
        "id": item["id"],
        "url": item.get("url", ""),
        "title": item.get("title", ""),
        "author_name": item.get("authors", [{}])[0].get("name", ""),
        "text": item.get("summary", item.get("content_text", "")),
        "html": item.get("content_html", ""),
        "in_reply_to": item["_linkback"].get("in_reply_to", ""),
        "language": item.get("language", ""),
        "published_at": datetime.fromisoformat(item["date_published"]),
        "categories": item["tags"],
    }


@given(feeds)
@example(FEED)
def test_all_formats_tell_the_same_with_any_text_in_any_field_but_for_what_xml_forbids(feed: Feed) -> None:
    assert told_by_rss(write_rss(feed)) == expected(feed)
    assert told_by_atom(write_atom(feed)) == expected(feed)
    assert told_by_json(write_json_feed(feed)) == expected(feed)


@pytest.mark.parametrize("write", WRITERS)
@given(feed=feeds, zone_of=times)
def test_equal_feeds_give_equal_bytes(write: Callable[[Feed], bytes], feed: Feed, zone_of: datetime) -> None:
    def elsewhere(entry: Entry) -> Entry:
        published, updated = (
            time.astimezone(UTC).astimezone(zone_of.tzinfo) for time in (entry.published_at, entry.updated_at)
        )
        return replace(entry, published_at=published, updated_at=updated)

    assert write(replace(feed, entries=tuple(map(elsewhere, feed.entries)))) == write(feed)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("text", ["\x00\x01", "\ud800", "\ufffe"])
def test_a_text_of_which_nothing_is_left_breaks_nothing(write: Callable[[Feed], bytes], text: str) -> None:
    entry = replace(FEED.entries[0], title=text, author_name=text, author_url=text, html=text, text=text, language=text)
    feed = replace(FEED, title=text, description=text, language=text, entries=(entry,))
    assert write(feed).decode("utf-8")


@pytest.mark.parametrize(
    "tell",
    [
        lambda f: told_by_rss(write_rss(f)),
        lambda f: told_by_atom(write_atom(f)),
        lambda f: told_by_json(write_json_feed(f)),
    ],
)
def test_entries_keep_their_order(tell: Callable[[Feed], Told]) -> None:
    feed = replace(FEED, entries=tuple(replace(FEED.entries[0], id=f"urn:x:{number}") for number in (3, 1, 2)))
    assert [entry["id"] for entry in tell(feed)["entries"]] == ["urn:x:3", "urn:x:1", "urn:x:2"]


def test_the_answers_to_an_entry_are_counted() -> None:
    post = FEED.entries[0].in_reply_to
    answered_by = (("urn:3", "urn:1"), ("urn:2", "urn:1"), ("urn:1", post), ("urn:0", post))
    found = tuple(replace(FEED.entries[0], id=id_, in_reply_to=answered) for id_, answered in answered_by)
    feed = replace(FEED, entries=found)
    assert [answers_in(feed)[entry.id] for entry in found] == [0, 0, 2, 0]
    rss, atom = etree.fromstring(write_rss(feed)), etree.fromstring(write_atom(feed))
    assert [e.text for e in rss.iterfind("channel/item/slash:comments", NAMES)] == ["0", "0", "2", "0"]
    assert [e.text for e in atom.iterfind("a:entry/thr:total", NAMES)] == ["0", "0", "2", "0"]
