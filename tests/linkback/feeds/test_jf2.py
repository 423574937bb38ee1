"""What webmention.io's clients read."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.feeds.jf2 import write_count, write_jf2
from linkback.mentions import Kind, Mention, Protocol, Reason, State

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
REPLY = Mention(
    id="12345678-0000-8000-8000-000000000001",
    site_id="ours",
    post_key="p",
    protocol=Protocol.WEBMENTION,
    source="https://theirs.example/reply",
    target="https://ours.example/post#part",
    state=State.APPROVED,
    reason=Reason.LINKS,
    received_at=NOW,
    number=42,
    kind=Kind.REPLY,
    title="Re: hills",
    excerpt="Well said.",
    author="Alice",
    author_url="https://alice.example/",
    author_photo="https://alice.example/a.jpg",
    content="<p>Well &amp; <b>said</b>.</p><p>Truly.</p>",
    url="https://theirs.example/permalink",
    published_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def entry(mention: Mention) -> dict[str, Any]:
    [only] = json.loads(write_jf2([mention]))["children"]
    return dict(only)


def test_a_feed_has_its_type_its_name_and_its_children() -> None:
    assert json.loads(write_jf2([])) == {"type": "feed", "name": "Webmentions", "children": []}


def test_a_reply_is_told_with_everything_that_is_known_of_it() -> None:
    assert entry(REPLY) == {
        "type": "entry",
        "author": {
            "type": "card",
            "name": "Alice",
            "photo": "https://alice.example/a.jpg",
            "url": "https://alice.example/",
        },
        "url": "https://theirs.example/permalink",
        "published": "2026-01-01T00:00:00Z",
        "wm-received": "2026-01-02T03:04:05Z",
        "wm-id": 42,
        "wm-source": "https://theirs.example/reply",
        "wm-target": "https://ours.example/post#part",
        "wm-protocol": "webmention",
        "wm-property": "in-reply-to",
        "wm-private": False,
        "name": "Re: hills",
        "content": {"html": "<p>Well &amp; <b>said</b>.</p><p>Truly.</p>", "text": "Well & said.\nTruly."},
        "in-reply-to": "https://ours.example/post#part",
    }


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Kind.LIKE, "like-of"),
        (Kind.REPOST, "repost-of"),
        (Kind.BOOKMARK, "bookmark-of"),
        (Kind.MENTION, "mention-of"),
        (Kind.REPLY, "in-reply-to"),
    ],
)
def test_a_kind_is_a_property_that_holds_the_target(kind: Kind, name: str) -> None:
    told = entry(replace(REPLY, kind=kind))
    assert (told["wm-property"], told[name]) == (name, REPLY.target)


def test_an_rsvp_tells_its_answer_and_what_it_answers() -> None:
    told = entry(replace(REPLY, kind=Kind.RSVP, rsvp="maybe"))
    assert (told["wm-property"], told["rsvp"], told["in-reply-to"]) == ("rsvp", "maybe", REPLY.target)


def test_a_pingback_that_is_known_by_its_source_alone_has_a_name_and_an_address() -> None:
    bare = replace(
        REPLY,
        protocol=Protocol.PINGBACK,
        kind=Kind.MENTION,
        title="",
        excerpt="",
        content="",
        author="",
        author_url="",
        author_photo="",
        url="",
        published_at=None,
    )
    told = entry(bare)
    assert told["author"] == {"type": "card", "name": "theirs.example", "photo": "", "url": ""}
    assert (told["url"], told["published"], told["wm-protocol"]) == (bare.source, None, "pingback")
    assert not {"name", "content"} & set(told)


def test_the_words_of_what_has_no_content_are_its_text() -> None:
    assert entry(replace(REPLY, kind=Kind.MENTION, content=""))["content"] == {"text": "Well said."}


def test_mentions_are_counted_by_their_kind_and_answers_apart() -> None:
    kinds = [Kind.LIKE, Kind.LIKE, Kind.REPLY]
    mentions = [replace(REPLY, kind=kind) for kind in kinds] + [replace(REPLY, kind=Kind.RSVP, rsvp="yes")]
    assert json.loads(write_count(mentions)) == {"count": 4, "type": {"like": 2, "reply": 1, "rsvp-yes": 1}}
    assert json.loads(write_count([])) == {"count": 0, "type": {}}


@given(st.text(), st.text())
def test_any_text_comes_through(title: str, author: str) -> None:
    told = entry(replace(REPLY, title=title, author=author or "x"))
    assert told.get("name", "") == title.encode("utf-8", "replace").decode()
