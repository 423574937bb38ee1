"""Writes a comment feed as Atom 1.0 (RFC 4287), its threads as RFC 4685 wants them."""

from lxml import etree

from linkback.feeds.dates import rfc3339
from linkback.feeds.elements import ATOM, THREADING, add, add_feed_links, add_in_reply_to, set_language
from linkback.feeds.entry import Entry, Feed, answers_in
from linkback.safe_xml import write_xml

MEDIA_TYPE = "application/atom+xml"

_NAMESPACES = {None: ATOM, "thr": THREADING}
_COUNT = f"{{{THREADING}}}count"
_TOTAL = f"{{{THREADING}}}total"

_NEVER = "1970-01-01T00:00:00Z"
"""When a feed that never changed was changed: Atom wants a date, and it must be the same at every look."""


def write_atom(feed: Feed) -> bytes:
    """Write a feed as an Atom document, in UTF-8; equal feeds give equal bytes: no clock, no version is in them."""
    root = etree.Element(_atom("feed"), nsmap=_NAMESPACES)
    set_language(root, feed.language)
    _write_head(root, feed)
    answers = answers_in(feed)
    for entry in feed.entries:
        element = add(root, _atom("entry"))
        _write_entry(element, entry)
        _write_replies(element, feed, answers[entry.id])
    return write_xml(root)


def _write_head(root: etree._Element, feed: Feed) -> None:
    add(root, _atom("id"), feed.id)
    add(root, _atom("title"), feed.title)
    if feed.description:
        add(root, _atom("subtitle"), feed.description)
    add(root, _atom("updated"), rfc3339(feed.updated_at) if feed.updated_at else _NEVER)
    add(root, _atom("link"), href=feed.url, rel="alternate", type="text/html")
    add_feed_links(root, feed, MEDIA_TYPE)
    add(root, _atom("generator"), "Linkback")


def _write_entry(element: etree._Element, entry: Entry) -> None:
    set_language(element, entry.language)
    add(element, _atom("id"), entry.id)
    add(element, _atom("title"), entry.title)
    add(element, _atom("published"), rfc3339(entry.published_at))
    add(element, _atom("updated"), rfc3339(entry.updated_at))
    _write_author(add(element, _atom("author")), entry)
    add(element, _atom("link"), href=entry.url, rel="alternate")
    # For readers that do not know what it answers (RFC 4685 section 3).
    add(element, _atom("link"), href=entry.in_reply_to_url, rel="related", type="text/html")
    add_in_reply_to(element, entry)
    for category in entry.categories:
        add(element, _atom("category"), term=category)
    if entry.text:
        add(element, _atom("summary"), entry.text)
    if entry.html:
        add(element, _atom("content"), entry.html, type="html")


def _write_author(author: etree._Element, entry: Entry) -> None:
    add(author, _atom("name"), entry.author_name)
    if entry.author_url:
        add(author, _atom("uri"), entry.author_url)


def _write_replies(element: etree._Element, feed: Feed, count: int) -> None:
    """Say how many answers an entry has, and that they stand in the same feed (RFC 4685 sections 4 and 5)."""
    link = add(element, _atom("link"), href=feed.self_url, rel="replies", type=MEDIA_TYPE)
    link.set(_COUNT, str(count))
    add(element, _TOTAL, str(count))


def _atom(name: str) -> str:
    return f"{{{ATOM}}}{name}"
