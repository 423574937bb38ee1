"""Elements that RSS borrows from Atom, so that both formats write them: links, and what an entry answers."""

from lxml import etree

from linkback.feeds.entry import Entry, Feed
from linkback.safe_xml import xml_text

ATOM = "http://www.w3.org/2005/Atom"
THREADING = "http://purl.org/syndication/thread/1.0"

_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    """Add an element; what XML forbids is dropped from its text and its attributes."""
    element = etree.SubElement(parent, name, {key: xml_text(value) for key, value in attributes.items()})
    element.text = xml_text(text) or None
    return element


def add_feed_links(parent: etree._Element, feed: Feed, media_type: str) -> None:
    """Say where the feed is, and where it is in its other formats (RFC 4287 section 4.2.7)."""
    add(parent, f"{{{ATOM}}}link", href=feed.self_url, rel="self", type=media_type)
    for other in feed.alternates:
        add(parent, f"{{{ATOM}}}link", href=other.url, rel="alternate", type=other.media_type)


def add_in_reply_to(parent: etree._Element, entry: Entry) -> None:
    """Say what an entry answers (RFC 4685 section 3)."""
    name = f"{{{THREADING}}}in-reply-to"
    add(parent, name, ref=entry.in_reply_to, href=entry.in_reply_to_url, type="text/html")


def set_language(element: etree._Element, language: str) -> None:
    """Say in which language an element is (XML 1.0 section 2.12), if that is known."""
    if language:
        element.set(_LANGUAGE, xml_text(language))
