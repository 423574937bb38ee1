"""Reads the feed of a blog: its posts, and the hub that tells of new ones."""

import hashlib
import json
import re
from calendar import timegm
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from sys import maxunicode
from typing import Any

import feedparser

from linkback.charsets import find_encoding
from linkback.feed_links import find_feed
from linkback.markup import decode, parse
from linkback.plain_text import clean, crop
from linkback.safe_xml import xml_text
from linkback.urls import Url, UrlError

MOST_ITEMS = 1000
MAX_TITLE = 250

_JSON_VERSION = "jsonfeed.org/version/1"

_DECLARATION = re.compile(rb"""\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_HTML = re.compile(r"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_ITEM = re.compile(r"<(/?)(?:[a-z0-9_.-]+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]{1,8})|([0-9]{1,8}));?", re.IGNORECASE | re.ASCII)
_BETWEEN_TAGS = re.compile(r"(?<=>) (?=<)")
_LANGUAGE = re.compile(r"[a-zA-Z]{2,8}(-[a-zA-Z0-9]{1,8}){0,4}")


class NotAFeedError(ValueError):
    """A document from which no feed could be read; the text says what it is instead, and what to do."""


@dataclass(frozen=True, slots=True)
class FeedItem:
    """
    One post as its feed tells of it.

    `url` is absolute, `title` plain, `language` a tag of BCP 47, `published_at` aware; each "" or None if the feed does
    not say. `digest` changes if and only if what the feed says of the post does: title, words, links, date of change.
    """

    url: str
    title: str
    language: str
    published_at: datetime | None
    digest: str


@dataclass(frozen=True, slots=True)
class BlogFeed:
    """A feed: its posts in its order, each address once; `hubs` and `self_url` are as it wrote them."""

    items: tuple[FeedItem, ...] = ()
    title: str = ""
    language: str = ""
    hubs: tuple[str, ...] = ()
    self_url: str = ""


def read_feed(body: bytes, *, url: Url, media_type: str, charset: str) -> BlogFeed:
    """
    Read RSS 0.9 to 2.0, Atom or JSON Feed.

    What is wrong in a feed is passed over as long as there is something to read. The first thousand posts are read,
    without those that have no address, and without one in whose midst a broken feed ends.

    Args:
        body: the feed as it came, undecoded.
        url: where it came from, after redirects; addresses in it are relative to it.
        media_type: as the server said, without parameters; "" if it said nothing.
        charset: as the server said; "" if it said nothing.

    Raises:
        NotAFeedError: if it is none.

    """
    text = _decode(body, charset)
    if not text:
        message = "The document is empty."
        raise NotAFeedError(message)
    if text[0] in "{[" or (media_type.endswith("json") and text[0] != "<"):
        return _read_json(text, url)
    return _read_xml(text, url)


def _decode(body: bytes, charset: str) -> str:
    """
    Turn a feed's bytes into text, without what XML forbids or what must not stand before it.

    A byte order mark decides, then what the server says, then the feed's own declaration (RFC 7303 section 3).
    """
    declared = _DECLARATION.match(body)
    encoding = find_encoding(charset) or (find_encoding(declared[1].decode("ascii")) if declared else None)
    # A declaration that can be read as ASCII does not stand in UTF-16.
    label = "" if encoding is None or (declared and encoding.name.startswith("utf-16")) else encoding.name
    return xml_text(_REFERENCE.sub(_legal, decode(body, label))).strip("\ufeff \t\r\n")


def _read_xml(text: str, url: Url) -> BlogFeed:
    parsed = _parse_xml(text)
    entries = parsed.entries
    if not entries and (parsed.bozo or not parsed.version):
        raise NotAFeedError(_why_none(text, url, parsed.get("bozo_exception")))
    if parsed.bozo and _ends_within_an_item(text):
        entries = entries[:-1]
    is_atom, links = parsed.version.startswith("atom"), parsed.feed.get("links", [])
    language = _language(parsed.feed.get("language"))
    return BlogFeed(
        items=_items(_xml_item(entry, url, language, is_atom=is_atom) for entry in entries[:MOST_ITEMS]),
        title=_xml_title(parsed.feed),
        language=language,
        hubs=tuple(_linked(links, "hub")),
        self_url=next(_linked(links, "self"), ""),
    )


def _legal(reference: re.Match[str]) -> str:
    """A reference to a character, or nothing if XML has none of that number: half of an emoji, for one."""
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return reference[0] if number <= maxunicode and xml_text(chr(number)) else ""


def _parse_xml(text: str) -> Any:  # noqa: ANN401 - feedparser has no types
    try:
        return feedparser.parse(
            BytesIO(text.encode()),  # plain bytes would be taken for the name of a file, and that file be read
            # Without a Content-Location: a digest must not depend on where a feed was got from.
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except (ValueError, LookupError, re.error) as error:
        # What is broken is read again by a parser which itself breaks at coordinates that are no numbers or have no
        # place, and at entities with a backslash (feedparser issue 599).
        message = "The XML is broken, and in a way that cannot be passed over; let a feed validator look at it."
        raise NotAFeedError(message) from error


def _why_none(text: str, url: Url, error: object) -> str:
    if _HTML.search(text[:1000]):
        named = find_feed(text, url=url)
        return f"This is a web page, and no feed. {f'It names {named} as one.' if named else 'It names none either.'}"
    if not text.startswith("<"):
        return "This is neither XML nor JSON, and so no feed."
    if not error:
        return "This is XML, but neither RSS nor Atom."
    what = clean(str(error)).rpartition(": ")[2]
    return f"The XML is broken ({what}), and there is no post in it; let a feed validator look at it."


def _ends_within_an_item(text: str) -> bool:
    """Whether a feed is cut off: what is left of its last post would be taken for a change of that post."""
    return [tag[1] for tag in _ITEM.finditer(text)][-1:] == [""]


def _xml_item(entry: Any, url: Url, language: str, *, is_atom: bool) -> FeedItem | None:  # noqa: ANN401 - see above
    address = _join(url, _permalink(entry, is_atom=is_atom))
    if address is None:
        return None
    # By dict.get where feedparser's own would hand out the date of publication for that of the last change.
    updated, published = dict.get(entry, "updated_parsed"), dict.get(entry, "published_parsed")
    return FeedItem(
        url=address.raw,
        title=_xml_title(entry),
        language=_language(entry.get("language") or entry.get("title_detail", {}).get("language")) or language,
        published_at=_published(_moment(published), _moment(updated)),
        digest=_digest(
            [entry.get("title"), entry.get("summary"), *(part.get("value") for part in entry.get("content", []))],
            _links(entry),
            str(_moment(updated) or dict.get(entry, "updated", "")),
        ),
    )


def _permalink(entry: Any, *, is_atom: bool) -> str:  # noqa: ANN401 - see above
    """The page of a post; an identifier is one where RSS says so, and in Atom never (RFC 4287 section 4.2.6)."""
    pages = (link for link in entry.get("links", []) if "html" in link.get("type", ""))
    guid = entry.get("id") if entry.get("guidislink") and not is_atom else ""
    return next(_linked(pages, "alternate"), "") or guid or ""


def _links(entry: Any) -> list[str]:  # noqa: ANN401 - see above
    """What a post links to, without its comments: they come and go while the post stays as it is (RFC 4685)."""
    relations = {(link.get("rel", ""), link.get("href", "")) for link in entry.get("links", [])}
    return sorted(f"{relation} {address}" for relation, address in relations if relation != "replies")


def _linked(links: Iterable[Mapping[str, str]], relation: str) -> Iterator[str]:
    return (link["href"] for link in links if link.get("rel") == relation and link.get("href"))


def _xml_title(entry: Any) -> str:  # noqa: ANN401 - see above
    title = entry.get("title") or ""
    is_plain = entry.get("title_detail", {}).get("type", "text/plain") == "text/plain"
    return _plain(title if is_plain else "".join(parse(title).texts))


def _moment(parsed: Any) -> datetime | None:  # noqa: ANN401 - see above
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC) if parsed else None
    except ValueError:
        return None  # of the year 0 or 10000


def _read_json(text: str, url: Url) -> BlogFeed:
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"The JSON is broken ({clean(str(error))})."
        raise NotAFeedError(message) from error
    if not isinstance(feed, dict) or _JSON_VERSION not in _text(feed.get("version")):
        message = f"This is JSON, but no JSON Feed: its version does not name https://{_JSON_VERSION}."
        raise NotAFeedError(message)
    language = _language(feed.get("language"))
    hubs = (_text(hub.get("url")) for hub in _dicts(feed.get("hubs")) if hub.get("type") == "WebSub")
    return BlogFeed(
        items=_items(_json_item(item, url, language) for item in _dicts(feed.get("items"))[:MOST_ITEMS]),
        title=_plain(_text(feed.get("title"))),
        language=language,
        hubs=tuple(filter(None, hubs)),
        self_url=_text(feed.get("feed_url")),
    )


def _json_item(item: Mapping[str, object], url: Url, language: str) -> FeedItem | None:
    address = _join(url, _text(item.get("url")))
    if address is None:
        return None
    updated = _text(item.get("date_modified"))
    attached = sorted(_text(attachment.get("url")) for attachment in _dicts(item.get("attachments")))
    return FeedItem(
        url=address.raw,
        title=_plain(_text(item.get("title"))),
        language=_language(item.get("language")) or language,
        published_at=_published(_date(_text(item.get("date_published"))), _date(updated)),
        digest=_digest(
            [item.get(part) for part in ("title", "content_html", "content_text", "summary")],
            [_text(item.get("external_url")), *attached],
            str(_date(updated) or updated),
        ),
    )


def _items(found: Iterable[FeedItem | None]) -> tuple[FeedItem, ...]:
    """Those that have an address, each address once."""
    items: dict[str, FeedItem] = {}
    for item in filter(None, found):
        items.setdefault(item.url, item)
    return tuple(items.values())


def _digest(words: Iterable[object], links: Iterable[str], updated: str) -> str:
    said = [[_BETWEEN_TAGS.sub("", " ".join(_text(part).split())) for part in words], list(links), updated]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def _date(text: str) -> datetime | None:
    """Read a date of RFC 3339; without an offset, which it must have, it is taken for UTC."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _published(*moments: datetime | None) -> datetime | None:
    """The first that is known; in the year 1 Hugo puts what has no date."""
    return next((moment for moment in moments if moment and moment.year > 1), None)


def _plain(title: str) -> str:
    return crop(clean(title), MAX_TITLE)


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
