"""Makes what exports say fit to be shown: safe HTML, plain words, addresses that are some."""

import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from itertools import pairwise

from linkback.imports.record import UnusableError
from linkback.markup import parse
from linkback.microformats import read_moment
from linkback.plain_text import clean, crop
from linkback.sanitising import MAX_CONTENT, paragraph, safe_html
from linkback.urls import UrlError, parse_url

MAX_NAME = 100
MAX_TITLE = 250
MAX_EMAIL = 254

_CUT = "<p>…</p>"
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_PRE = re.compile(r"(<pre\b[^<]*+(?:<(?!/pre>)[^<]*+)*+(?:</pre>)?)", re.IGNORECASE)  # to the end where none closes it
_BLOCK = re.compile(r"</?(?:p|ul|ol|li|blockquote|div|h[1-6]|table)\b", re.IGNORECASE)
_BLOCK_BEGIN = re.compile(r"(<(?:ul|ol|blockquote)\b)", re.IGNORECASE)
_BLOCK_END = re.compile(r"(</(?:ul|ol|blockquote)>)\n*", re.IGNORECASE)
_EMPTY = re.compile(r"<p>\s*</p>")

_SAFE_BREAK = re.compile(r"<br>\s*|</(?:p|li|blockquote|pre|ol|ul)>\s*")
_SAFE_TAG = re.compile(r"<[^>]*>")
_MANY_LINES = re.compile(r"\n{3,}")
_EMAIL = re.compile(r"[^@\s<>\"',;:]+@[^@\s<>\"',;:]+")


def html_of(html: str) -> str:
    """
    Make HTML safe.

    What is longer than may be shown loses its markup, and then its end, in whole paragraphs.
    """
    return _EMPTY.sub("", safe_html(html, "")).strip() or "".join(_cropped(html))


def html_of_lines(text: str) -> str:
    """Make safe HTML of a text whose blank lines divide paragraphs, as WordPress does; markup in it stays."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    parts = enumerate(_PRE.split(lines))  # every other one is an element `pre`
    return html_of("".join(block for number, part in parts for block in ([part] if number % 2 else _blocks(part))))


def words_of(safe: str) -> str:
    """Say the words of safe HTML, its blocks on lines of their own."""
    lines = _SAFE_BREAK.sub(lambda end: "\n" if end[0].startswith("<br") else "\n\n", safe)
    return _MANY_LINES.sub("\n\n", unescape(_SAFE_TAG.sub("", lines))).strip()


def plain(text: str, length: int) -> str:
    """Write a text on one line, no longer than that."""
    return crop(clean(text), length)


def address(text: str) -> str:
    """Hand back an address of the web as it was written; "" for what is none, such as "http://"."""
    try:
        return parse_url(text.strip()).raw
    except UrlError:
        return ""


def email(text: str) -> str:
    """Hand back what looks like an e-mail address, else ""."""
    stripped = text.strip()
    return stripped if len(stripped) <= MAX_EMAIL and _EMAIL.fullmatch(stripped) else ""


def moment(*texts: str) -> datetime:
    """
    Read the first date that is one, in UTC where it names no zone.

    Raises:
        UnusableError: if none is.

    """
    found = next(filter(None, map(read_moment, texts)), None)
    if found is None:
        message = "It has no date that can be read."
        raise UnusableError(message)
    return found


def _blocks(text: str) -> Iterator[str]:
    """The paragraphs of a text; what brings its own elements is left as it is."""
    apart = _BLOCK_END.sub("\\1\n\n", _BLOCK_BEGIN.sub("\n\n\\1", text))
    for block in map(str.strip, _BLANK_LINES.split(apart)):
        if block:
            yield block if _BLOCK.match(block) else "<p>{}</p>".format(block.replace("\n", "<br>"))


def _cropped(html: str) -> Iterator[str]:
    page, room = parse(html), MAX_CONTENT - len(_CUT)
    for start, end in pairwise(page.breaks):
        block = paragraph("".join(page.texts[start:end]))
        room -= len(block)
        if room < 0:
            yield _CUT
            return
        yield block
