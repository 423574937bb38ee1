"""JSON Feed 1.1, by the rules of its specification, which a small checker knows."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from feed_samples import BARE_ENTRY, EMPTY_FEED, ENTRY, FEED, likely_feeds
from hypothesis import given

from linkback.feeds.entry import Entry, Feed
from linkback.feeds.json_feed import write_json_feed

Object = dict[str, Any]

TEXTS_OF_A_FEED = {"version", "title", "home_page_url", "feed_url", "description", "language"}
TEXTS_OF_AN_ITEM = {"id", "url", "title", "content_html", "content_text", "summary", "language"}
DATES_OF_AN_ITEM = {"date_published", "date_modified"}
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
TAG = re.compile("</?[a-z]+>")


def broken_rules(feed: Object) -> list[str]:
    """Say which rules of the specification, by its headings, a feed breaks."""
    return [rule for rule, is_broken in _rules_of_a_feed(feed) if is_broken] + [
        rule for item in feed.get("items", []) for rule, is_broken in _rules_of_an_item(item) if is_broken
    ]


def _rules_of_a_feed(feed: Object) -> Iterator[tuple[str, bool]]:
    yield "version is the URL of 1.1", feed.get("version") != "https://jsonfeed.org/version/1.1"
    yield "title is required", not isinstance(feed.get("title"), str)
    yield "items is required and is a list", not isinstance(feed.get("items"), list)
    yield "home_page_url and feed_url are strongly recommended", not {"home_page_url", "feed_url"} <= feed.keys()
    yield from _rules_of_an_object(feed, TEXTS_OF_A_FEED | {"items", "authors"}, TEXTS_OF_A_FEED)
    ids = [item.get("id") for item in feed.get("items", [])]
    yield "an id is unique", len(set(map(str, ids))) < len(ids)


def _rules_of_an_item(item: Object) -> Iterator[tuple[str, bool]]:
    texts = TEXTS_OF_AN_ITEM | DATES_OF_AN_ITEM
    yield "id is required and is a string", not isinstance(item.get("id"), str)
    yield "content_html or content_text is required", item.keys().isdisjoint({"content_html", "content_text"})
    yield "a date is RFC 3339", any(not RFC_3339.fullmatch(item[name]) for name in DATES_OF_AN_ITEM & item.keys())
    yield "tags are strings", any(not isinstance(tag, str) for tag in item.get("tags", []))
    yield (
        "authors have one of name, url and avatar",
        any(not author or author.keys() - {"name", "url", "avatar"} for author in item.get("authors", [{"name": ""}])),
    )
    yield from _rules_of_an_object(item, texts | {"authors", "tags"}, texts)


def _rules_of_an_object(found: Object, known: set[str], texts: set[str]) -> Iterator[tuple[str, bool]]:
    """Rules of "Extensions" and "Publishing": other names begin with _ and a letter; nothing is null."""
    others = found.keys() - known
    yield "a name that is not known is an extension", any(not re.fullmatch(r"_[A-Za-z][^.]*", name) for name in others)
    yield "an extension is an object", any(not isinstance(found[name], dict) for name in others)
    yield "a text is a string", any(not isinstance(found[name], str) for name in texts & found.keys())


def written(feed: Feed) -> Object:
    told: Object = json.loads(write_json_feed(feed))
    return told


def item_of(entry: Entry) -> Object:
    (item,) = written(replace(FEED, entries=(entry,)))["items"]
    return dict(item)


@given(likely_feeds)
def test_no_feed_breaks_a_rule(feed: Feed) -> None:
    numbered = (replace(entry, id=f"urn:{number}") for number, entry in enumerate(feed.entries))
    assert broken_rules(written(replace(feed, entries=tuple(numbered)))) == []


@pytest.mark.parametrize("feed", [EMPTY_FEED, replace(FEED, entries=(BARE_ENTRY,))])
def test_what_is_not_known_is_left_out_and_breaks_no_rule(feed: Feed) -> None:
    told = written(feed)
    assert broken_rules(told) == []
    assert "" not in (value for item in told["items"] for name, value in item.items() if name != "content_text")
    assert ("description" in told, "language" in told) == (bool(feed.description), bool(feed.language))


@pytest.mark.parametrize(
    ("break_it", "rule"),
    [
        (lambda feed: feed.update(version="1.1"), "version is the URL of 1.1"),
        (lambda feed: feed.pop("title"), "title is required"),
        (lambda feed: feed.pop("items"), "items is required and is a list"),
        (lambda feed: feed.pop("feed_url"), "home_page_url and feed_url are strongly recommended"),
        (lambda feed: feed.update(updated={}), "a name that is not known is an extension"),
        (lambda feed: feed.update(_linkback="x"), "an extension is an object"),
        (lambda feed: feed.update(language=None), "a text is a string"),
        (lambda feed: feed["items"].append(feed["items"][0]), "an id is unique"),
        (lambda feed: feed["items"][0].pop("id"), "id is required and is a string"),
        (lambda feed: feed["items"][0].pop("content_html"), "content_html or content_text is required"),
        (lambda feed: feed["items"][0].update(date_published="2026-01-02"), "a date is RFC 3339"),
        (lambda feed: feed["items"][0].update(tags=[None]), "tags are strings"),
        (lambda feed: feed["items"][0].update(authors=[{}]), "authors have one of name, url and avatar"),
        (lambda feed: feed["items"][0].update(**{"_a.b": {}}), "a name that is not known is an extension"),
    ],
)
def test_the_checker_sees_a_broken_rule(break_it: Callable[[Object], object], rule: str) -> None:
    feed = written(FEED)
    break_it(feed)
    assert broken_rules(feed) == [rule]


def test_a_feed_names_itself_its_page_and_its_other_formats() -> None:
    told = written(FEED)
    assert (told["title"], told["description"], told["language"]) == (FEED.title, FEED.description, "fr-CA")
    assert (told["home_page_url"], told["feed_url"]) == (FEED.url, FEED.self_url)
    assert told["_linkback"]["alternates"] == [
        {"type": "text/x-one", "url": "https://links.example/1?a&b"},
        {"type": "text/x-two", "url": "https://two.example"},
    ]


def test_an_item_tells_everything_that_is_known_of_an_entry() -> None:
    assert item_of(ENTRY) == {
        "id": ENTRY.id,
        "url": ENTRY.url,
        "title": ENTRY.title,
        "content_html": ENTRY.html,
        "summary": ENTRY.text,
        "date_published": "2026-01-02T03:04:05Z",
        "date_modified": "2026-01-02T03:04:06Z",
        "authors": [{"name": "Alice", "url": ENTRY.author_url, "avatar": ENTRY.author_photo}],
        "tags": ["webmention", "reply"],
        "language": "en-GB",
        "_linkback": {
            "about": "https://indieweb.org/linkback",
            "kind": "reply",
            "protocol": "webmention",
            "source": ENTRY.source,
            "in_reply_to": ENTRY.in_reply_to,
        },
    }


def test_html_stands_in_content_html_alone() -> None:
    item = item_of(ENTRY)
    assert [name for name, value in item.items() if isinstance(value, str) and TAG.search(value)] == ["content_html"]


def test_words_without_html_are_plain_text() -> None:
    item = item_of(replace(ENTRY, html=""))
    assert item["content_text"] == ENTRY.text
    assert {"content_html", "summary"}.isdisjoint(item)


def test_an_author_of_whom_nothing_is_known_is_none() -> None:
    assert "authors" not in item_of(replace(BARE_ENTRY, author_name=""))


@pytest.mark.parametrize("hours", [-8, 0, 5.5, 14])
def test_dates_are_rfc_3339_in_utc(hours: float) -> None:
    when = datetime(2010, 3, 2, 7, 5, 9, 999_999, tzinfo=UTC).astimezone(timezone(timedelta(hours=hours)))
    item = item_of(replace(ENTRY, published_at=when, updated_at=when))
    assert (item["date_published"], item["date_modified"]) == ("2010-03-02T07:05:09Z", "2010-03-02T07:05:09Z")


def test_letters_of_all_scripts_are_written_as_they_are() -> None:
    assert "Réponse à « Post 7 »".encode() in write_json_feed(FEED)
