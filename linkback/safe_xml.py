"""XML from strangers read without harm, and XML for strangers written so that every parser takes it."""

import codecs
import re

from lxml import etree

from linkback.charsets import find_encoding

# Possessive, so that a text of many comments costs no more than its length.
_DOCTYPE = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
_DECLARATION = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PARSER = etree.XMLParser(
    encoding="utf-8",  # what a text is encoded in when it is parsed, whatever its declaration says
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    remove_comments=True,
    remove_pis=True,
)
_ASCII = frozenset({"us-ascii", "ascii"})
_SNIFFED_LENGTH = 200


class XmlError(ValueError):
    """A text that is no XML that we read; the message says why."""


class EncodingError(XmlError):
    """A text in an encoding that we do not know."""


class WrongEncodingError(XmlError):
    """A text that is not in the encoding that it says it is in."""


def parse_xml(body: bytes, charset: str = "") -> etree._Element:
    """
    Parse a document that may have been made to do harm: no DTD, no entities but XML's own, nothing loaded.

    Its encoding is told by a byte order mark or by UTF-16's zero bytes, else by `charset` (of the Content-Type), else
    by its declaration, else it is UTF-8; us-ascii is taken for the UTF-8 that it mostly is. White space and byte order
    marks may stand before the declaration, since many senders have them there. Comments and processing instructions
    are left out.

    Raises:
        EncodingError: if the encoding is unknown.
        WrongEncodingError: if the bytes are not in it.
        XmlError: if the text is not well-formed, is nested deeper than 256 elements, or carries a document type.
    """
    text = _decode(body, charset).lstrip("\ufeff \t\r\n")
    if _DOCTYPE.match(text):
        message = "A document type (<!DOCTYPE …>) is not accepted; leave it out."
        raise XmlError(message)
    try:
        return etree.fromstring(text.encode(), _PARSER)
    except etree.XMLSyntaxError as error:
        message = f"The XML is not well-formed: {' '.join(str(error.msg).split())}."
        raise XmlError(message) from error


def xml_text(text: str) -> str:
    """Drop the characters that XML 1.0 (section 2.2) forbids, even as references: most controls, lone surrogates."""
    return _FORBIDDEN.sub("", text)


def write_xml(element: etree._Element) -> bytes:
    """The document with this root element, in UTF-8, with its declaration."""
    declaration = b'<?xml version="1.0" encoding="UTF-8"?>\n'
    return declaration + etree.tostring(element, encoding="utf-8", xml_declaration=False)


def _decode(body: bytes, charset: str) -> str:
    codec = _codec_in_bytes(body) or _codec_of(charset or _declared(body))
    try:
        return body.decode(codec)
    except UnicodeError as error:
        message = f"The text is not in the encoding {codec} that it should be in: {error}."
        raise WrongEncodingError(message) from error


def _codec_in_bytes(body: bytes) -> str | None:
    """What the first bytes tell; XML begins with ASCII, and has no NUL, so a zero byte there is one half of UTF-16."""
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return codec
    if body.startswith(b"\x00"):
        return "utf-16-be"
    return "utf-16-le" if body[1:2] == b"\x00" else None


def _declared(body: bytes) -> str:
    declaration = _DECLARATION.match(body.lstrip()[:_SNIFFED_LENGTH])
    return declaration[1].decode("ascii") if declaration else "utf-8"


def _codec_of(label: str) -> str:
    """The codec of a label; text that is called UTF-16, and has no zero byte where it begins, is taken for UTF-8."""
    if label.lower() in _ASCII:
        return "utf-8"
    encoding = find_encoding(label)
    if encoding is None:
        message = f"The encoding {label[:40]!r} is not supported; send UTF-8."
        raise EncodingError(message)
    return "utf-8" if encoding.name.startswith("utf-16") else encoding.codec_info.name
