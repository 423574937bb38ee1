"""
How a page says where it takes linkbacks: Webmention section 3.1.2, Pingback 1.0 section 2, TrackBack 1.2.

They are looked for in this order, and the first that is found is the one to use: a page that takes webmentions as well
as pingbacks would otherwise hear of the same link twice.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from lxml import etree

from linkback.markup import HIDDEN, walk
from linkback.mentions import Protocol
from linkback.protocols.link_header import linked
from linkback.safe_xml import XmlError, parse_xml
from linkback.urls import Url, UrlError

WEBMENTION = "webmention"
OLD_WEBMENTION = "http://webmention.org/"
PINGBACK = "pingback"

_DECLARING = frozenset({"a", "link"})
_PINGBACK_LINK = re.compile('<link rel="pingback" href="([^"]+)" ?/?>')
_PINGBACK_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&"}
_PINGBACK_ENTITY = re.compile("|".join(_PINGBACK_ENTITIES))

_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}Description"
_IDENTIFIER = "{http://purl.org/dc/elements/1.1/}identifier"
_PING = "{http://madskills.com/public/xml/rss/module/trackback/}ping"
_RDF_START, _RDF_END = "<rdf:RDF", "</rdf:RDF>"
_RDF_ATTRIBUTE = re.compile(r"(dc:identifier|trackback:ping)\s*=\s*(?:\"([^\"]{0,2048})\"|'([^']{0,2048})')")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a page takes linkbacks, and by which protocol."""

    protocol: Protocol
    url: Url


@dataclass(frozen=True, slots=True)
class Advertisement:
    """
    What a target answered, as far as it may name endpoints.

    `url` is where it was in the end, `links` and `pingbacks` are the values of its Link and X-Pingback headers, `html`
    is its text, or the first part of it; empty if it is no HTML.
    """

    url: Url
    links: tuple[str, ...] = ()
    pingbacks: tuple[str, ...] = ()
    html: str = ""


def discover(target: Url, found: Advertisement) -> Endpoint | None:
    """Say where a target takes linkbacks, and how; None if it does not say so."""
    reader = _DeclarationReader()
    if found.html:
        walk(found.html, reader)
    base = _resolve(found.url, reader.base) or found.url
    if webmention := _find_webmention(found, base, reader.declared):
        return Endpoint(Protocol.WEBMENTION, webmention)
    if pingback := _find_pingback(found, base, reader.declared):
        return Endpoint(Protocol.PINGBACK, pingback)
    if trackback := _find_trackback(found, target):
        return Endpoint(Protocol.TRACKBACK, trackback)
    return None


@dataclass(frozen=True, slots=True)
class _Declaration:
    """An <a> or <link> of a page that has both rel and href; `rels` in lower case."""

    tag: str
    rels: frozenset[str]
    address: str


class _DeclarationReader:
    """Writes down what a page declares, in its order; nothing that stands in comments, scripts or templates."""

    def __init__(self) -> None:
        self.base = ""
        self.declared: list[_Declaration] = []
        self._hidden = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in HIDDEN:
            self._hidden += 1
        if self._hidden or "href" not in attributes:
            return
        if tag == "base":
            self.base = self.base or attributes["href"]
        elif tag in _DECLARING and "rel" in attributes:
            rels = frozenset(attributes["rel"].lower().split())
            self.declared.append(_Declaration(tag, rels, attributes["href"]))

    def end(self, tag: str) -> None:
        if tag in HIDDEN:
            self._hidden -= 1

    def close(self) -> None:
        """Return nothing, though lxml wants it called."""


def _find_webmention(found: Advertisement, base: Url, declared: list[_Declaration]) -> Url | None:
    """Look for the relation, then for the one of old, of the days before there was a specification."""
    return _find_related(WEBMENTION, found, base, declared) or _find_related(OLD_WEBMENTION, found, base, declared)


def _find_related(relation: str, found: Advertisement, base: Url, declared: list[_Declaration]) -> Url | None:
    """Look into the Link headers, then at <link> and <a> as they come; an empty address is that of the page itself."""
    in_page = (_resolve(base, declaration.address) for declaration in declared if relation in declaration.rels)
    return next(linked(found.links, relation, found.url), None) or next(filter(None, in_page), None)


def _find_pingback(found: Advertisement, base: Url, declared: list[_Declaration]) -> Url | None:
    """
    Look into the header, which wins; then for the exact text that the specification asks for; then at any <link>.

    The specification wants no more than the exact text, wherever it stands, even in a comment; but most senders take
    what browsers would, and pages rely on it.
    """
    in_header = (_resolve(found.url, value) for value in found.pingbacks[:1] if value.strip())
    in_page = (_resolve(base, address) for address in _pingbacks(found.html, declared) if address.strip())
    return next(filter(None, in_header), None) or next(filter(None, in_page), None)


def _pingbacks(html: str, declared: list[_Declaration]) -> Iterator[str]:
    exact = _PINGBACK_LINK.search(html)
    if exact:
        yield _PINGBACK_ENTITY.sub(lambda entity: _PINGBACK_ENTITIES[entity[0]], exact[1])
    yield from (link.address for link in declared if link.tag == "link" and PINGBACK in link.rels)


def _find_trackback(found: Advertisement, target: Url) -> Url | None:
    """Look at the RDF of every entry of the page for the one that is about the target, by its address as linked to."""
    wanted = {_without_scheme(target), _without_scheme(found.url)}
    for rdf in _rdf_blocks(found.html):
        for identifier, ping in _descriptions(rdf):
            about = _resolve(found.url, identifier)
            if about and ping.strip() and _without_scheme(about) in wanted:
                return _resolve(found.url, ping)
    return None


def _rdf_blocks(html: str) -> Iterator[str]:
    """Cut out the blocks, which stand in comments, so that validators pass them."""
    start = html.find(_RDF_START)
    while start >= 0:
        end = html.find(_RDF_END, start)
        if end < 0:
            return
        yield html[start : end + len(_RDF_END)]
        start = html.find(_RDF_START, end)


def _descriptions(rdf: str) -> list[tuple[str, str]]:
    """Identifiers and their ping URLs; of a block that is no XML, as many titles have made them, those of the first."""
    try:
        root = parse_xml(rdf.encode("utf-8", "replace"))
    except XmlError:
        found = {name: unescape(double or single) for name, double, single in reversed(_RDF_ATTRIBUTE.findall(rdf))}
        return [(found.get("dc:identifier", ""), found.get("trackback:ping", ""))]
    return [(_attribute(description, _IDENTIFIER), _attribute(description, _PING)) for description in root.iter(_RDF)]


def _attribute(element: etree._Element, name: str) -> str:
    return element.get(name, "")


def _without_scheme(url: Url) -> str:
    """The same page for old entries whose blog has moved from http to https since."""
    return url.key.partition("://")[2]


def _resolve(base: Url, reference: str) -> Url | None:
    try:
        return base.join(reference)
    except UrlError:
        return None
