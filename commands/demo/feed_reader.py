"""The post's feed as a feed reader has it, and whether what was sent is in it."""

import html
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

import feedparser


@dataclass(frozen=True, slots=True)
class Linkback:
    """A linkback as a feed shows it; all texts are plain."""

    protocol: str
    source: str
    title: str
    author: str
    excerpt: str


def read_feed(feed: bytes) -> list[Linkback]:
    """Read the entries of a feed, the newest first."""
    return [
        Linkback(
            protocol=entry.get("category", ""),
            source=entry.get("link", ""),
            title=html.unescape(entry.get("title", "")),
            author=entry.get("author", ""),
            excerpt=html.unescape(entry.get("summary", "")),
        )
        for entry in feedparser.parse(BytesIO(feed)).entries
    ]


def missing_from(feed: bytes, expected: Iterable[Linkback]) -> list[str]:
    """Say what the feed lacks of what was sent, a sentence each; of an excerpt it must have these words, maybe more."""
    found = {entry.source: entry for entry in read_feed(feed)}
    return [lack for sent in expected for lack in _lacks(sent, found.get(sent.source))]


def _lacks(sent: Linkback, found: Linkback | None) -> list[str]:
    if found is None:
        return [f"The feed has no entry for {sent.source}."]
    pairs = {
        "protocol": (sent.protocol, found.protocol),
        "title": (sent.title, found.title),
        "author": (sent.author, found.author),
    }
    lacks = [
        f"The feed's entry for {sent.source} has the {name} {got!r}, not {wanted!r}."
        for name, (wanted, got) in pairs.items()
        if got != wanted
    ]
    if sent.excerpt not in found.excerpt:
        lacks.append(f"The feed's entry for {sent.source} has not the words {sent.excerpt!r}.")
    return lacks
