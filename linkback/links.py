"""Reads a page of ours that is to be announced: where it links to, and how its text begins."""

from dataclasses import dataclass

from linkback.markup import HIDDEN, SIDES, decode, walk
from linkback.plain_text import clean, crop
from linkback.urls import Url, UrlError, parse_url

LONGEST_EXCERPT = 250

_LINKS = frozenset({"a", "area"})

# The themes of WordPress say hentry and entry-content, which microformats2 reads as h-entry and e-content.
_ENTRIES = frozenset({"h-entry", "hentry"})
_ROOTS = _ENTRIES | {"h-cite", "h-event", "h-feed", "h-item", "h-review"}
_CONTENTS = frozenset({"e-content", "entry-content"})
_RESPONSES = frozenset({"u-in-reply-to", "u-like-of", "u-repost-of", "u-bookmark-of"})

_RESPONSE, _CONTENT, _ARTICLE, _MAIN, _BODY = "response", "content", "article", "main", "body"
_MAIN_PARTS = (_CONTENT, _ARTICLE, _MAIN, _BODY)
_AROUND_SIDES = frozenset({_ARTICLE, _MAIN, _BODY})
"""Parts in which navigation, headers, footers and asides are not the author's words; in a post's content they are."""


@dataclass(frozen=True, slots=True)
class Content:
    """The main part of a page: its links to other sites, each page once and spelled as there, and its first words."""

    links: tuple[Url, ...]
    excerpt: str


def read_content(body: bytes, *, url: Url, charset: str) -> Content:
    """
    Read the main part of a page, which came from `url`.

    That is the content of its first h-entry and what the h-entry answers, likes, reposts or bookmarks; without an
    h-entry the first <article>, else <main>, else all of it, without navigation, headers, footers and asides. A nested
    <article> or h-entry is a reader's comment, as HTML section 4.3.2 has it, and not the author's to announce.
    """
    reader = _ContentReader()
    walk(decode(body, charset), reader)
    part = next((part for part in _MAIN_PARTS if part in reader.parts), _BODY)
    addresses = [address for parts, address in reader.links if part in parts or _RESPONSE in parts]
    paragraphs = (clean("".join(texts)) for parts, texts in reader.paragraphs if part in parts)
    return Content(_outgoing(addresses, reader.base, url), crop(next(filter(None, paragraphs), ""), LONGEST_EXCERPT))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a page an element stands: which parts it belongs to, and whether the innermost item is the post."""

    parts: frozenset[str]
    is_in_post: bool = False
    is_in_paragraph: bool = False
    is_hidden: bool = False


class _ContentReader:
    """Writes down links and paragraphs, each with the parts of the page that it belongs to."""

    def __init__(self) -> None:
        self.base = ""
        self.parts: set[str] = set()
        self.links: list[tuple[frozenset[str], str]] = []
        self.paragraphs: list[tuple[frozenset[str], list[str]]] = []
        self._has_post = False
        self._places = [_Place(frozenset({_BODY}))]

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        place = self._enter(tag, frozenset(attributes.get("class", "").split()))
        self._places.append(place)
        if place.is_hidden:
            return
        self.parts |= place.parts
        if tag in _LINKS and "href" in attributes:
            self.links.append((place.parts, attributes["href"]))
        elif tag == "base":
            self.base = self.base or attributes.get("href", "")
        elif tag == "p":
            self.paragraphs.append((place.parts, []))
        elif tag == "br":
            self.data(" ")

    def data(self, text: str) -> None:
        if self._places[-1].is_in_paragraph:
            self.paragraphs[-1][1].append(text)

    def end(self, _tag: str) -> None:
        self._places.pop()

    def close(self) -> None:
        """Return nothing, though lxml wants it called."""

    def _enter(self, tag: str, classes: frozenset[str]) -> _Place:
        outside = self._places[-1]
        if outside.is_hidden or tag in HIDDEN:
            return _Place(frozenset(), is_hidden=True)
        is_in_post = outside.is_in_post and not classes & _ROOTS
        if classes & _ENTRIES and not self._has_post:
            is_in_post = self._has_post = True
        parts = (outside.parts | self._begun(tag, classes, outside)) - self._ended(tag, outside)
        return _Place(parts, is_in_post, outside.is_in_paragraph or tag == "p")

    def _begun(self, tag: str, classes: frozenset[str], outside: _Place) -> set[str]:
        parts = set()
        if outside.is_in_post and classes & _CONTENTS:
            parts.add(_CONTENT)
        if outside.is_in_post and classes & _RESPONSES:
            parts.add(_RESPONSE)
        if _BODY in outside.parts and (tag == _MAIN or (tag == _ARTICLE and _ARTICLE not in self.parts)):
            parts.add(tag)
        return parts

    def _ended(self, tag: str, outside: _Place) -> frozenset[str]:
        is_comment = tag == _ARTICLE and _ARTICLE in outside.parts
        return _AROUND_SIDES if tag in SIDES or is_comment else frozenset()


def _outgoing(addresses: list[str], base: str, page: Url) -> tuple[Url, ...]:
    """Those that lead to other sites, the first spelling of each; that a site is on one more port makes it another."""
    start = _join(page, base) or page
    found: dict[str, Url] = {}
    for address in addresses:
        link = _as_written(address) or _join(start, address)
        if link and _site(link) != _site(page):
            found.setdefault(link.key, link)
    return tuple(found.values())


def _site(url: Url) -> str:
    return url.authority.removeprefix("www.")


def _as_written(address: str) -> Url | None:
    """Read an address that is absolute, so that it keeps its spelling, by which receivers look for it in the page."""
    try:
        return parse_url(address.strip(" \t\r\n"))
    except UrlError:
        return None


def _join(base: Url, address: str) -> Url | None:
    try:
        return base.join(address)
    except UrlError:
        return None
