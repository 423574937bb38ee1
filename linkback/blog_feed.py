"""Reads the feed of a blog: its posts, and the hub that tells of new ones."""

import hashlib
import json
import re
from calendar import timegm
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any

import feedparser

from linkback.markup import decode, walk
from linkback.plain_text import clean, crop
from linkback.urls import Url, UrlError

MOST_ITEMS = 1000
MAX_TITLE = 250

_JSON_VERSION = "https://jsonfeed.org/version/1"
_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json"})
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--.*?-->", re.DOTALL)
_LANGUAGE = re.compile(r"[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8}){0,4}")


class NotAFeedError(ValueError):
    """A document from which no feed could be read; the text says what it is instead, and what to do."""


@dataclass(frozen=True, slots=True)
class FeedItem:
    """
    One post as its feed tells of it.

    `title` is plain; `published_at` is aware, None if the feed does not say; `digest` changes if and only if what the
    feed says of the post does.
    """

    url: str
    title: str
    language: str
    published_at: datetime | None
    digest: str


@dataclass(frozen=True, slots=True)
class BlogFeed:
    """A feed: its posts in its order, each address once; `self_url` is what it calls itself, as it wrote it."""

    items: tuple[FeedItem, ...] = ()
    language: str = ""
    hubs: tuple[str, ...] = ()
    self_url: str = ""


def read_feed(body: bytes, *, url: Url, media_type: str, charset: str) -> BlogFeed:
    """
    Read RSS, Atom or JSON Feed.

    What is wrong in a feed is passed over as long as there is something to read. No more than the first thousand posts
    are read, and those without an address are left out.

    Args:
        body: the feed as it came, undecoded.
        url: where it came from, after redirects.
        media_type: as the server said, without parameters; "" if it said nothing.
        charset: as the server said; "" if it said nothing.

    Raises:
        NotAFeedError: if it is none.

    """
    if not body.strip():
        message = "The document is empty."
        raise NotAFeedError(message)
    if media_type.endswith("json") or body.lstrip()[:1] == b"{":
        return _read_json(body, url)
    return _read_xml(body, url, media_type, charset)


def find_feed(text: str, url: Url) -> str:
    """The address of the first feed that a page names, "" if it names none."""
    reader = _FeedLinkReader()
    walk(text, reader)
    return next((str(found.text) for found in (_join(url, address) for address in reader.addresses) if found), "")


def _read_xml(body: bytes, url: Url, media_type: str, charset: str) -> BlogFeed:
    content_type = f"{media_type or 'application/xml'}{f'; charset={charset}' if charset else ''}"
    try:
        parsed: Any = feedparser.parse(
            body,
            response_headers={"content-type": content_type, "content-location": url.text},
            sanitize_html=False,
            resolve_relative_uris=True,
        )
    except Exception as error:  # feedparser meets strange bytes with whatever its parts happen to raise
        message = f"The feed cannot be read: {type(error).__name__}."
        raise NotAFeedError(message) from error
    if not parsed.get("version") and not parsed.entries:
        raise NotAFeedError(_why_none(body, url, charset, parsed.get("bozo_exception")))
    links = parsed.feed.get("links", [])
    return BlogFeed(
        items=_items(_xml_item(entry, url) for entry in parsed.entries[:MOST_ITEMS]),
        language=_language(parsed.feed.get("language")),
        hubs=tuple(_linked(links, "hub")),
        self_url=next(_linked(links, "self"), ""),
    )


def _why_none(body: bytes, url: Url, charset: str, error: object) -> str:
    text = decode(body, charset)
    if "<html" in text[:2000].lower() or "<!doctype html" in text[:2000].lower():
        named = find_feed(text, url)
        advice = f"It names a feed: {named}." if named else "It names no feed either."
        return f"This is a web page, and no feed. {advice}"
    return f"This is no feed{f': {clean(str(error))}' if error else ''}."


def _xml_item(entry: Any, url: Url) -> FeedItem | None:  # noqa: ANN401 - feedparser has no types
    link = entry.get("link") or (entry.get("id") if entry.get("guidislink") else "")
    address = _join(url, str(link or ""))
    if address is None:
        return None
    contents = [entry.get("title"), entry.get("summary"), *(part.get("value") for part in entry.get("content", []))]
    detail = entry.get("title_detail") or {}
    return _item(
        address,
        title=str(entry.get("title") or ""),
        language=detail.get("language"),
        published=_moment(entry.get("published_parsed") or entry.get("updated_parsed")),
        said=[*contents, entry.get("updated") or entry.get("published")],
    )


def _linked(links: Iterable[Mapping[str, str]], relation: str) -> Iterator[str]:
    return (link["href"] for link in links if link.get("rel") == relation and link.get("href"))


def _moment(parsed: Any) -> datetime | None:  # noqa: ANN401 - feedparser has no types
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None


def _read_json(body: bytes, url: Url) -> BlogFeed:
    try:
        feed = json.loads(body)
    except (ValueError, RecursionError) as error:
        message = f"This is no JSON: {clean(str(error))}."
        raise NotAFeedError(message) from error
    if not isinstance(feed, dict) or not str(feed.get("version", "")).startswith(_JSON_VERSION):
        message = f"This is JSON, but no JSON Feed: its version is none that begins with {_JSON_VERSION}."
        raise NotAFeedError(message)
    return BlogFeed(
        items=_items(_json_item(item, url) for item in _dicts(feed.get("items"))[:MOST_ITEMS]),
        language=_language(feed.get("language")),
        hubs=tuple(_text(hub.get("url")) for hub in _dicts(feed.get("hubs")) if hub.get("type") == "WebSub"),
        self_url=_text(feed.get("feed_url")),
    )


def _json_item(item: Mapping[str, object], url: Url) -> FeedItem | None:
    address = _join(url, _text(item.get("url")))
    if address is None:
        return None
    parts = ("title", "content_html", "content_text", "summary", "date_modified", "date_published", "external_url")
    return _item(
        address,
        title=_text(item.get("title")),
        language=item.get("language"),
        published=_date(_text(item.get("date_published"))),
        said=[item.get(part) for part in parts],
    )


def _item(
    address: Url, *, title: str, language: object, published: datetime | None, said: Sequence[object]
) -> FeedItem:
    digest = hashlib.sha256("\0".join(" ".join(_text(part).split()) for part in said).encode("utf-8", "replace"))
    plain = crop(clean(unescape(_TAG.sub("", title))), MAX_TITLE) if title else ""
    return FeedItem(address.raw, plain, _language(language), published, digest.hexdigest()[:32])


def _items(found: Iterable[FeedItem | None]) -> tuple[FeedItem, ...]:
    """Those that have an address, each address once."""
    items: dict[str, FeedItem] = {}
    for item in filter(None, found):
        items.setdefault(item.url, item)
    return tuple(items.values())


def _date(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _language(tag: object) -> str:
    text = _text(tag).strip().replace("_", "-")
    return text if _LANGUAGE.fullmatch(text) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _join(url: Url, reference: str) -> Url | None:
    try:
        return url.join(reference) if reference.strip() else None
    except UrlError:
        return None


class _FeedLinkReader:
    """Writes down the feeds that a page names."""

    def __init__(self) -> None:
        self.addresses: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        rels = attributes.get("rel", "").lower().split()
        if tag == "link" and "alternate" in rels and attributes.get("type", "").strip().lower() in _FEED_TYPES:
            self.addresses.append(attributes.get("href", ""))

    def end(self, _tag: str) -> None:
        """Do nothing: elements without content are all that counts."""

    def close(self) -> None:
        """Return nothing, though lxml wants it called."""
