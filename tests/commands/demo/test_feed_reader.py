"""The check of the feed, which decides about the exit code of the demo."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from commands.demo.feed_reader import Linkback, missing_from, read_feed
from linkback.feeds.entry import Entry, Feed
from linkback.feeds.rss import write_rss

PINGBACK = Linkback("pingback", "https://a.example/1", "Tea & <b>hills</b>", "Ann", "words & <i>more</i>")
TRACKBACK = Linkback("trackback", "https://b.example/2", "Été", "Bob", "d'autres mots")


def feed_of(*linkbacks: Linkback) -> bytes:
    now = datetime.now(UTC)
    entries = [
        Entry(
            id=f"urn:{linkback.source}",
            url=linkback.source,
            title=linkback.title,
            author_name=linkback.author,
            published_at=now,
            updated_at=now,
            in_reply_to="https://ours.example/",
            in_reply_to_url="https://ours.example/",
            category=linkback.protocol,
            text=linkback.excerpt,
        )
        for linkback in linkbacks
    ]
    return write_rss(
        Feed("urn:feed", "Feed", "https://ours.example/", "https://x.example/", "", "fr", now, tuple(entries))
    )


def test_a_feed_that_holds_what_was_sent_lacks_nothing() -> None:
    feed = feed_of(TRACKBACK, PINGBACK)
    assert missing_from(feed, [PINGBACK, TRACKBACK]) == []
    assert read_feed(feed) == [TRACKBACK, PINGBACK]


def test_an_entry_that_is_not_there_is_named() -> None:
    assert missing_from(feed_of(TRACKBACK), [PINGBACK, TRACKBACK]) == ["The feed has no entry for https://a.example/1."]


def test_what_is_no_feed_lacks_everything() -> None:
    assert len(missing_from(b"<html><body>503</body></html>", [PINGBACK, TRACKBACK])) == 2


@pytest.mark.parametrize("field", ["protocol", "title", "author", "excerpt"])
def test_an_entry_that_says_something_else_is_named(field: str) -> None:
    wrong = replace(PINGBACK, **{field: "something else"})
    (lack,) = missing_from(feed_of(wrong), [PINGBACK])
    assert PINGBACK.source in lack
    assert repr(getattr(PINGBACK, field)) in lack


def test_an_excerpt_may_say_more() -> None:
    assert missing_from(feed_of(TRACKBACK), [replace(TRACKBACK, excerpt="autres")]) == []
