"""
What TrackBack shows to those who look: the list of a post's trackbacks, and the block by which senders find its URL.

The list is of TrackBack 1.1 (`__mode=rss`), which 1.2 dropped and clients still ask for; the block is of 1.2, section
"Auto-Discovery of TrackBack Ping URLs". A ping URL may hold the post's address in its path, for senders that append a
query to it.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree
from markupsafe import escape

from linkback.safe_xml import write_xml, xml_text

_RDF = """<!--
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
         xmlns:dc="http://purl.org/dc/elements/1.1/"
         xmlns:trackback="http://madskills.com/public/xml/rss/module/trackback/">
<rdf:Description rdf:about="{post}" dc:identifier="{post}"
    dc:title="{title}"
    trackback:ping="{ping}" />
</rdf:RDF>
-->"""


@dataclass(frozen=True, slots=True)
class Listed:
    """One trackback of the list."""

    title: str
    url: str
    excerpt: str


def encode_list(title: str, post_url: str, language: str, trackbacks: Iterable[Listed]) -> bytes:
    """Write the list of a post's trackbacks, as RSS 0.91 within TrackBack's answer."""
    response = etree.Element("response")
    etree.SubElement(response, "error").text = "0"
    channel = etree.SubElement(etree.SubElement(response, "rss", version="0.91"), "channel")
    _write(channel, {"title": title, "link": post_url, "description": title, "language": language})
    for listed in trackbacks:
        item = etree.SubElement(channel, "item")
        _write(item, {"title": listed.title, "link": listed.url, "description": listed.excerpt})
    return write_xml(response)


def rdf_block(post_url: str, title: str, ping_url: str) -> str:
    """Write the block for a post's page, within a comment, which nothing in its values can end."""
    values = {"post": post_url, "title": title, "ping": ping_url}
    return _RDF.format(**{name: str(escape(xml_text(text))).replace("--", "-&#45;") for name, text in values.items()})


def post_id(post_url: str) -> str:
    """The address of a post as one part of a path, for /trackback/POST-ID."""
    return base64.urlsafe_b64encode(post_url.encode()).decode("ascii").rstrip("=")


def target_of(text: str) -> str:
    """The address that a POST-ID stands for; empty if it is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _write(parent: etree._Element, texts: dict[str, str]) -> None:
    for name, text in texts.items():
        etree.SubElement(parent, name).text = xml_text(text)
