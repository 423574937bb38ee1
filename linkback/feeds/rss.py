"""
Writes a comment feed as RSS 2.0.

The format is https://www.rssboard.org/rss-specification; names of authors are Dublin Core's, since RSS's own `author`
is an e-mail address, which is never published. What an item answers is told as RFC 4685 tells it in Atom.
"""

from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape

from lxml import etree

from linkback.feeds.entry import Entry, Feed
from linkback.safe_xml import write_xml, xml_text

MEDIA_TYPE = "application/rss+xml"

_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "thr": "http://purl.org/syndication/thread/1.0",
}
_ATOM_LINK = f"{{{_NAMESPACES['atom']}}}link"
_CONTENT_ENCODED = f"{{{_NAMESPACES['content']}}}encoded"
_DC_CREATOR = f"{{{_NAMESPACES['dc']}}}creator"
_THR_IN_REPLY_TO = f"{{{_NAMESPACES['thr']}}}in-reply-to"


def write_rss(feed: Feed) -> bytes:
    """
    Write a feed as an RSS 2.0 document, in UTF-8.

    Equal feeds give equal bytes: no clock and no version of ours is in them. There is no `ttl` either, since how long
    the bytes may be kept is for the HTTP answer to say.
    """
    rss = etree.Element("rss", {"version": "2.0"}, nsmap=_NAMESPACES)
    channel = etree.SubElement(rss, "channel")
    _write_head(channel, feed)
    for entry in feed.entries:
        _write_item(etree.SubElement(channel, "item"), entry)
    return write_xml(rss)


def _write_head(channel: etree._Element, feed: Feed) -> None:
    _add(channel, "title", feed.title)
    _add(channel, "link", feed.url)
    _add(channel, "description", feed.description)
    _add(channel, _ATOM_LINK, href=feed.self_url, rel="self", type=MEDIA_TYPE)
    if feed.language:
        _add(channel, "language", feed.language)
    if feed.updated_at is not None:
        _add(channel, "lastBuildDate", _rfc822(feed.updated_at))
    _add(channel, "generator", "Linkback")
    _add(channel, "docs", "https://www.rssboard.org/rss-specification")


def _write_item(item: etree._Element, entry: Entry) -> None:
    _add(item, "title", entry.title)
    _add(item, "link", entry.url)
    _add(item, "guid", entry.id, isPermaLink="false")
    _add(item, "pubDate", _rfc822(entry.published_at))
    _add(item, _DC_CREATOR, entry.author_name)
    _add(item, "category", entry.category)
    if entry.text:
        _add(item, "description", escape(entry.text, quote=False))  # unlike a title, it is read as HTML
    if entry.html:
        _add(item, _CONTENT_ENCODED, entry.html)
    _add(item, _THR_IN_REPLY_TO, ref=entry.in_reply_to, href=entry.in_reply_to_url, type="text/html")


def _add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> None:
    element = etree.SubElement(parent, name, {key: xml_text(value) for key, value in attributes.items()})
    element.text = xml_text(text) or None


def _rfc822(when: datetime) -> str:
    """The date as RSS wants it: RFC 822 with four digits of the year, in UTC."""
    return format_datetime(when.astimezone(UTC))
