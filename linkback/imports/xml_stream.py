"""
Reads an XML export record by record, and mends what exporters get wrong.

Their mistakes are those of WordPress, which puts texts together instead of writing XML: control characters that XML has
no place for, addresses whose "&" is not escaped, now and then a tag too many. So the text is cut where a record begins,
and each is parsed for itself: what is wrong in one costs no other.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain
from sys import maxunicode
from typing import BinaryIO

from lxml import etree

from linkback.imports.record import Skipped
from linkback.imports.text_stream import read_text
from linkback.safe_xml import xml_text

LONGEST = 1 << 23
"""A record of more characters is not read."""

_BROKEN_OFF = (
    "The file breaks off before its end: what comes after this is missing. Export it again, and import that file; what"
    " is here already is not imported twice."
)
_UNREADABLE = "A part of the file is broken, or too long to be read."

# All possessive, so that no file costs more than its length.
_HEAD = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->)*+<([^>]*)>", re.DOTALL)
_CDATA = r"<!\[CDATA\[(?:[^\]]++|\](?!\]>))*+"
_REFERENCE = re.compile(r"&(?:#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}));|(?!(?:amp|lt|gt|quot|apos);))")

_PARSER = etree.XMLParser(
    encoding="utf-8",  # whatever the document declares: it was decoded before
    recover=True,
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    remove_comments=True,
    remove_pis=True,
)


def read_records(
    file: BinaryIO, tags: Collection[str], check: Callable[[str], None]
) -> Iterator[etree._Element | Skipped]:
    """
    Read the elements that have one of the tags, in their order; none is kept.

    An element ends where the next one begins, if not before: of one that has others in it, only what stands before them
    is read. One that is written as an empty tag is passed over. No entities but XML's own, and nothing is loaded.

    Args:
        file: an XML document.
        tags: as the document writes them, with their prefixes.
        check: is given the first tag of the document without its brackets, such as "rss version=…" or "!DOCTYPE …", ""
            if it does not begin with one; raises an exception if the document is another one than it should be.

    """
    pieces = _pieces(read_text(file))
    first = next(pieces)
    head = _HEAD.match(first)
    root = head[1] if head else ""
    check(root)
    records = _records(chain([first], pieces), tags)
    before, last = next(records), ""
    for record in records:
        if last:
            yield _parse(root, last)
        last = record
    if f"</{root.split()[0]}>" not in (last or before):
        yield Skipped("", _BROKEN_OFF)
    elif last:
        yield _parse(root, last)


def fields(element: etree._Element) -> dict[str, str]:
    """Give the texts of the elements in an element, by their names without a namespace; of several the first."""
    found: dict[str, str] = {}
    for child in element:
        text = "".join(child.itertext()) if len(child) else child.text
        found.setdefault(str(child.tag).rpartition("}")[2], text or "")
    return found


def _pieces(texts: Iterable[str]) -> Iterator[str]:
    """Cut a text anew, each piece but the last after a ">", so that no tag and no reference is cut in two."""
    held: list[str] = []
    for text in texts:
        end = text.rfind(">") + 1
        if end:
            yield xml_text("".join([*held, text[:end]]))
            held.clear()
        if sum(map(len, held)) < LONGEST:
            held.append(text[end:])
    yield xml_text("".join(held))


def _records(pieces: Iterable[str], tags: Collection[str]) -> Iterator[str]:
    """Cut a text before each of the tags, but in CDATA sections; what stands before the first one comes first."""
    mark = re.compile(rf"{_CDATA}(?P<end>\]\]>)?|(?P<tag><(?:{'|'.join(map(re.escape, tags))})(?:\s[^>]*)?(?<!/)>)")
    text, seen = "", 0
    for piece in pieces:
        text += piece
        start, is_open = 0, False
        for found in mark.finditer(text, seen):
            if found["tag"]:
                yield text[start : found.start()]
                start = found.start()
            is_open, seen = not (found["tag"] or found["end"]), found.start()
        if not is_open:
            seen = len(text)
        if len(text) - start > LONGEST:
            text, seen = "<![CDATA[" if is_open else " ", 0  # which is no record, and so told as one that is not read
        else:
            text, seen = text[start:], seen - start
    yield text


def _parse(root: str, record: str) -> etree._Element | Skipped:
    document = etree.fromstring(f"<{_escaped(root)}>{_mended(record)}".encode(), _PARSER)
    found = None if document is None else next(document.iterchildren(), None)
    return Skipped("", _UNREADABLE) if found is None else found


def _mended(record: str) -> str:
    """Escape what stands outside of CDATA sections and should have been escaped."""
    outside, *sections = record.split("<![CDATA[")
    mended = [_escaped(outside)]
    for section in sections:
        words, end, outside = section.partition("]]>")
        mended += ("<![CDATA[", words, end, _escaped(outside))
    return "".join(mended)


def _escaped(text: str) -> str:
    return _REFERENCE.sub(_legal, text).replace("]]>", "]]&gt;")


def _legal(reference: re.Match[str]) -> str:
    """A reference to a character that XML has, nothing for another; an escaped "&" where it is no reference at all."""
    if not (reference[1] or reference[2]):
        return "&amp;"
    # One that is not legal would not only be dropped: libxml2 drops every "&amp;" after it, too.
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return reference[0] if number <= maxunicode and xml_text(chr(number)) else ""
