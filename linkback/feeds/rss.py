"""
Writes a comment feed as RSS 2.0.

The format is https://www.rssboard.org/rss-specification; names of authors are Dublin Core's, since RSS's own `author`
is an e-mail address, which is never published. What an item answers is told as RFC 4685 tells it in Atom, how many
answers it has and where they stand by the modules slash and wfw.
"""

from html import escape

from lxml import etree

from linkback.feeds.dates import rfc822
from linkback.feeds.elements import ATOM, THREADING, add, add_feed_links, add_in_reply_to, set_language
from linkback.feeds.entry import Entry, Feed, answers_in
from linkback.safe_xml import write_xml

MEDIA_TYPE = "application/rss+xml"

_NAMESPACES = {
    "atom": ATOM,
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "thr": THREADING,
    "wfw": "http://wellformedweb.org/CommentAPI/",
}
_CONTENT_ENCODED = f"{{{_NAMESPACES['content']}}}encoded"
_DC_CREATOR = f"{{{_NAMESPACES['dc']}}}creator"
_SLASH_COMMENTS = f"{{{_NAMESPACES['slash']}}}comments"
_WFW_COMMENT_RSS = f"{{{_NAMESPACES['wfw']}}}commentRss"

_TTL_MINUTES = 60
"""How long a reader may keep the feed without asking, as most do unasked; asking sooner costs both sides a 304."""


def write_rss(feed: Feed) -> bytes:
    """Write a feed as an RSS 2.0 document, in UTF-8; equal feeds give equal bytes: no clock, no version is in them."""
    rss = etree.Element("rss", {"version": "2.0"}, nsmap=_NAMESPACES)
    channel = etree.SubElement(rss, "channel")
    _write_head(channel, feed)
    answers = answers_in(feed)
    for entry in feed.entries:
        item = add(channel, "item")
        _write_item(item, entry)
        add(item, _WFW_COMMENT_RSS, feed.self_url)  # an answer to an entry stands in the same feed
        add(item, _SLASH_COMMENTS, str(answers[entry.id]))
    return write_xml(rss)


def _write_head(channel: etree._Element, feed: Feed) -> None:
    add(channel, "title", feed.title)
    add(channel, "link", feed.url)
    add(channel, "description", feed.description)
    add_feed_links(channel, feed, MEDIA_TYPE)
    if feed.language:
        add(channel, "language", feed.language)
    if feed.updated_at is not None:
        add(channel, "lastBuildDate", rfc822(feed.updated_at))
    add(channel, "generator", "Linkback")
    add(channel, "docs", "https://www.rssboard.org/rss-specification")
    add(channel, "ttl", str(_TTL_MINUTES))


def _write_item(item: etree._Element, entry: Entry) -> None:
    set_language(item, entry.language)
    add(item, "title", entry.title)
    add(item, "link", entry.url)
    add(item, "guid", entry.id, isPermaLink="false")
    add(item, "pubDate", rfc822(entry.published_at))
    add(item, _DC_CREATOR, entry.author_name)
    for category in entry.categories:
        add(item, "category", category)
    if entry.text:
        add(item, "description", escape(entry.text, quote=False))  # unlike a title, it is read as HTML
    if entry.html:
        add(item, _CONTENT_ENCODED, entry.html)
    add(item, "comments", entry.in_reply_to_url)
    add_in_reply_to(item, entry)
