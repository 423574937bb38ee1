"""
Takes HTML apart: from the bytes of a page to its words, blocks, links and what it declares about itself.

A page goes through lxml's parser once, as events and not as a tree. That bounds the work that a hostile page can cause:
libxml2 builds a tree in time that grows with the square of the attributes of one tag, half a minute for 600 KB of them.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, cast

import webencodings
from lxml import etree

from linkback.charsets import find_encoding

if TYPE_CHECKING:
    from lxml.etree import ParserTarget

MAX_DEPTH = 512
"""What is nested deeper is not read; browsers stop nesting here too."""

_PORTION = 1 << 16  # libxml2 goes to the end of what it was given, even when it is told to stop

_PRESCAN = 1024
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_META_CHARSET = re.compile(rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([^\s\"'/>;]+)", re.IGNORECASE)
_META_STANDS_FOR = {"utf-16le": "utf-8", "utf-16be": "utf-8", "x-user-defined": "windows-1252"}

_LINKS = {
    **dict.fromkeys(("a", "area"), "href"),
    **dict.fromkeys(("img", "video", "audio", "source", "iframe", "embed", "track"), "src"),
    **dict.fromkeys(("blockquote", "q", "ins", "del"), "cite"),
    "object": "data",
}
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "div", "dl"}
    | {"dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header"}
    | {"hgroup", "hr", "legend", "li", "main", "menu", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody"}
    | {"td", "tfoot", "th", "thead", "tr", "ul"}
)
SIDES = frozenset({"nav", "header", "footer", "aside"})
HIDDEN = frozenset(
    {"script", "style", "template", "title", "desc", "textarea", "select", "iframe", "noembed", "noframes"}
)
_DECLARING = frozenset({"html", "base", "link", "meta", "time"})
_SHAPING = frozenset({"br", "h1", "img", "svg"})
_NOTED = _BLOCKS | HIDDEN | _DECLARING | _SHAPING | _LINKS.keys()


class Reader(Protocol):
    """
    What is called at every tag of a page, and once at its end; tags and attributes come in lower case.

    A reader that has a method `data` gets the text between the tags as well.
    """

    def start(self, tag: str, attributes: dict[str, str], /) -> None:
        """Note that an element begins."""

    def end(self, tag: str, /) -> None:
        """Note that an element ends; every one that has begun does, whatever the page says."""

    def close(self) -> None:
        """Note that the page is read."""


@dataclass(slots=True)
class Link:
    """An address as written, and its words, `Page.texts[start:end]`; `is_aside` in navigation, headers and footers."""

    address: str
    start: int
    end: int
    is_aside: bool


@dataclass(slots=True)
class Page:
    """
    What a page contains; texts are as they stand there, neither cleaned nor cropped, and "" where there is none.

    `texts` is everything that readers see, in order, images within links by their alternative text. `breaks` are the
    places in `texts` where a block of the layout begins or ends, from 0 to the end of `texts`. `meta` has the first
    content of each name, property or http-equiv, in lower case. `time` is the machine-readable date of publication.
    """

    texts: list[str] = field(default_factory=list)
    breaks: list[int] = field(default_factory=lambda: [0])
    links: list[Link] = field(default_factory=list)
    meta: dict[str, str] = field(default_factory=dict)
    title: str = ""
    heading: str = ""
    language: str = ""
    base: str = ""
    canonical: str = ""
    time: str = ""


def decode(body: bytes, charset: str) -> str:
    """
    Turn a page's bytes into text much as browsers do (WHATWG HTML section 13.2.3).

    A byte order mark decides, then `charset` as the server said it, then the page's own declaration; without any,
    UTF-8 if it is that, else windows-1252. What cannot be decoded becomes U+FFFD.
    """
    head = _COMMENT.sub(b"", body[:_PRESCAN])
    encoding = find_encoding(charset) or _written_encoding(head) or _likely_encoding(body)
    text, _ = webencodings.decode(body, encoding)
    return text


def _written_encoding(head: bytes) -> webencodings.Encoding | None:
    meta = _META_CHARSET.search(head)
    encoding = webencodings.lookup(meta[1].decode("latin-1")) if meta else None
    # A declaration that could be read as ASCII does not stand in UTF-16.
    return encoding and webencodings.lookup(_META_STANDS_FOR.get(encoding.name, encoding.name))


def _likely_encoding(body: bytes) -> str:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def parse(text: str) -> Page:
    """Take a page apart. There is no text that cannot be parsed: what is broken is read as far as it goes."""
    reader = _PageReader()
    walk(text, reader)
    reader.page.breaks.append(len(reader.page.texts))
    return reader.page


def walk(text: str, reader: Reader) -> None:
    """Go through a page from its first tag to its last; there is none that cannot be gone through."""
    parser = etree.HTMLParser(
        # lxml takes a target with any of the methods; its types ask for all of them.
        target=cast("ParserTarget[None]", reader),
        encoding="utf-8",
        no_network=True,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    body = text.encode("utf-8", "replace")
    with suppress(_TooDeepError, etree.XMLSyntaxError):
        for start in range(0, len(body), _PORTION):
            parser.feed(body[start : start + _PORTION])
        parser.close()


class _TooDeepError(Exception):
    """The page is nested deeper than anybody nests; what was read until then counts."""


class _PageReader:
    """Writes down what matters of a page."""

    def __init__(self) -> None:
        self.page = Page()
        self.data = self.page.texts.append
        self._depth = 0
        self._sides = 0
        self._drawings = 0
        self._anchor: Link | None = None
        self._heading_start = 0
        self._hidden_depth = 0
        self._hidden_start = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _TooDeepError
        if self._hidden_depth or tag not in _NOTED:
            return
        if tag in _BLOCKS:
            self._break()
            self._sides += tag in SIDES
        if tag in _LINKS:
            self._open_link(tag, attributes.get(_LINKS[tag]))
        if tag in _DECLARING:
            self._note_declaration(tag, attributes)
        elif tag in _SHAPING:
            self._note_shape(tag, attributes)
        elif tag in HIDDEN:
            self._hidden_depth, self._hidden_start = self._depth, len(self.page.texts)

    def end(self, tag: str) -> None:
        if self._hidden_depth == self._depth:
            self._forget_hidden(tag)
        elif self._hidden_depth:
            pass
        elif tag == "a":
            self._close_anchor()
        elif tag in _BLOCKS:
            self._close_block(tag)
        elif tag == "svg":
            self._drawings -= 1
        self._depth -= 1

    def close(self) -> None:
        """Return nothing, though lxml wants it called: the result is `page`, even where parsing was broken off."""

    def _break(self) -> None:
        here = len(self.page.texts)
        if self.page.breaks[-1] != here:
            self.page.breaks.append(here)

    def _close_block(self, tag: str) -> None:
        self._break()
        self._sides -= tag in SIDES
        if tag == "h1" and not self.page.heading.strip():
            self.page.heading = "".join(self.page.texts[self._heading_start :])

    def _forget_hidden(self, tag: str) -> None:
        if tag == "title" and not self._drawings and not self.page.title.strip():
            self.page.title = "".join(self.page.texts[self._hidden_start :])
        del self.page.texts[self._hidden_start :]
        self._hidden_depth = 0

    def _open_link(self, tag: str, address: str | None) -> None:
        here = len(self.page.texts)
        self.page.texts.append("")  # so that a link without words stands in its own block, not in the next
        link = Link(address or "", here, here + 1, is_aside=self._sides > 0)
        if address is not None:
            self.page.links.append(link)
        if tag == "a":
            self._close_anchor()
            self._anchor = link

    def _close_anchor(self) -> None:
        """End the words of a link; the next link ends them too, since links do not nest (HTML section 4.5.1)."""
        if self._anchor:
            self._anchor.end = len(self.page.texts)
            self._anchor = None

    def _note_declaration(self, tag: str, attributes: dict[str, str]) -> None:
        page, get = self.page, attributes.get
        match tag:
            case "html":
                page.language = get("lang") or get("xml:lang", "")
            case "base":
                page.base = page.base or get("href", "")
            case "link" if "canonical" in get("rel", "").lower().split():
                page.canonical = page.canonical or get("href", "")
            case "meta":
                name = get("property") or get("name") or get("http-equiv", "")
                page.meta.setdefault(name.strip().lower(), get("content", ""))
            case "time" if "pubdate" in attributes or "datePublished" in get("itemprop", "").split():
                page.time = page.time or get("datetime", "")

    def _note_shape(self, tag: str, attributes: dict[str, str]) -> None:
        match tag:
            case "br":
                self.data(" ")
            case "h1":
                self._heading_start = len(self.page.texts)
            case "img" if self._anchor:
                self.data(f" {attributes.get('alt', '')} ")
            case "svg":
                self._drawings += 1
