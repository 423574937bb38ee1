"""
Writes a comment feed as JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/).

What the format has no word for stands under `_linkback`, by its rules for extensions: of a feed its other formats, of
an item its kind, the protocol by which it came, the page that sent it, and what it answers.
"""

import json

from linkback.feeds.dates import rfc3339
from linkback.feeds.entry import Entry, Feed
from linkback.safe_xml import xml_text

MEDIA_TYPE = "application/feed+json"

_VERSION = "https://jsonfeed.org/version/1.1"
_ABOUT = "https://indieweb.org/linkback"

_Json = str | list["_Json"] | dict[str, "_Json"]


def write_json_feed(feed: Feed) -> bytes:
    """
    Write a feed as a JSON Feed document, in UTF-8; equal feeds give equal bytes.

    What XML forbids is dropped here too, though JSON could carry most of it, so that all formats say the same.
    """
    document = {"version": _VERSION, "title": feed.title, **_head(feed), "items": [_item(e) for e in feed.entries]}
    return json.dumps(_clean(document), ensure_ascii=False).encode()


def _head(feed: Feed) -> dict[str, _Json]:
    known = _known(home_page_url=feed.url, feed_url=feed.self_url, description=feed.description, language=feed.language)
    alternates: list[_Json] = [{"type": other.media_type, "url": other.url} for other in feed.alternates]
    return {**known, "_linkback": {"about": _ABOUT, "alternates": alternates}}


def _item(entry: Entry) -> _Json:
    author = _known(name=entry.author_name, url=entry.author_url, avatar=entry.author_photo)
    return {
        "id": entry.id,
        **_known(url=entry.url, title=entry.title),
        **_words(entry),
        "date_published": rfc3339(entry.published_at),
        "date_modified": rfc3339(entry.updated_at),
        **({"authors": [author]} if author else {}),
        "tags": list(entry.categories),
        **_known(language=entry.language),
        "_linkback": {"about": _ABOUT, **_provenance(entry)},
    }


def _words(entry: Entry) -> dict[str, _Json]:
    """The content, of which one form must be there."""
    if entry.html:
        return {"content_html": entry.html, **_known(summary=entry.text)}
    return {"content_text": entry.text}


def _provenance(entry: Entry) -> dict[str, _Json]:
    return _known(kind=entry.kind, protocol=entry.category, source=entry.source, in_reply_to=entry.in_reply_to)


def _known(**members: str) -> dict[str, _Json]:
    return {name: text for name, text in members.items() if xml_text(text)}


def _clean(value: _Json) -> _Json:
    """Drop what XML forbids from all texts."""
    if isinstance(value, str):
        return xml_text(value)
    if isinstance(value, list):
        return [_clean(part) for part in value]
    return {name: _clean(part) for name, part in value.items()}
