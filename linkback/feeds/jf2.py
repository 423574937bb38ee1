"""Writes mentions as JF2 (jf2.spec.indieweb.org) with what webmention.io adds to it, for the clients made for that."""

import json
from collections import Counter
from collections.abc import Iterable

from linkback.feeds.dates import rfc3339
from linkback.listing import PROPERTIES
from linkback.mentions import Kind, Mention
from linkback.sanitising import words_of
from linkback.urls import parse_url

MEDIA_TYPE = "application/json"


def write_jf2(mentions: Iterable[Mention]) -> bytes:
    """Write a feed of mentions."""
    feed = {"type": "feed", "name": "Webmentions", "children": [_entry(mention) for mention in mentions]}
    return json.dumps(feed, ensure_ascii=False).encode("utf-8", "replace")


def write_count(mentions: Iterable[Mention]) -> bytes:
    """Write how many mentions there are, in all and of each kind."""
    kinds = Counter(_counted_as(mention) for mention in mentions)
    return json.dumps({"count": kinds.total(), "type": dict(sorted(kinds.items()))}).encode()


def _counted_as(mention: Mention) -> str:
    return f"rsvp-{mention.rsvp}" if mention.kind is Kind.RSVP and mention.rsvp else mention.kind


def _entry(mention: Mention) -> dict[str, object]:
    """One mention; what is not known is empty where clients look without asking, and absent elsewhere."""
    source = parse_url(mention.source)
    entry: dict[str, object] = {
        "type": "entry",
        "author": {
            "type": "card",
            "name": mention.author or mention.site_name or source.host,
            "photo": mention.author_photo,
            "url": mention.author_url,
        },
        "url": mention.url or mention.source,
        "published": rfc3339(mention.published_at) if mention.published_at else None,
        "wm-received": rfc3339(mention.received_at),
        "wm-id": mention.number,
        "wm-source": mention.source,
        "wm-target": mention.target,
        "wm-protocol": mention.protocol,
        "wm-property": PROPERTIES[mention.kind],
        "wm-private": False,
    }
    entry |= {"name": mention.title} if mention.title else {}
    entry |= {"content": content} if (content := _content(mention)) else {}
    if mention.kind is Kind.RSVP:
        return entry | {"rsvp": mention.rsvp, "in-reply-to": mention.target}
    return entry | {PROPERTIES[mention.kind]: mention.target}


def _content(mention: Mention) -> dict[str, str]:
    if mention.content:
        return {"html": mention.content, "text": words_of(mention.content)}
    return {"text": mention.excerpt} if mention.excerpt else {}
