"""XML from strangers read without harm, and XML for strangers written so that every parser takes it."""

import codecs
import re

import webencodings
from lxml import etree

_DOCTYPE = re.compile(r"<!doctype", re.IGNORECASE)
_DECLARATION = re.compile(r"""^<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["'][^>]*\?>""")
_ANY_DECLARATION = re.compile(r"^<\?xml\s[^>]*\?>")
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SNIFFED_LENGTH = 200


class XmlError(ValueError):
    """A text that is no XML that we read; the message says why."""


class EncodingError(XmlError):
    """A text in an encoding that we do not know, or that it is not in."""


def parse_xml(body: bytes, charset: str = "") -> etree._Element:
    """
    Parse a document that may have been made to do harm: no DTD, no entities but XML's own, nothing loaded.

    Its encoding is told by a byte order mark, else by `charset` (of the Content-Type), else by its declaration, else
    it is UTF-8; us-ascii is taken for the UTF-8 that it mostly is.

    Raises:
        EncodingError: if the encoding is unknown, or not the one that the bytes are in.
        XmlError: if the text is not well-formed, or carries a document type.
    """
    text = _decode(body, charset).lstrip("\ufeff \t\r\n")
    if _DOCTYPE.search(text):
        message = "A document type (<!DOCTYPE …>) is not accepted; leave it out."
        raise XmlError(message)
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    try:
        return etree.fromstring(_ANY_DECLARATION.sub("", text).encode(), parser)
    except etree.XMLSyntaxError as error:
        message = f"The XML is not well-formed: {error.msg}."
        raise XmlError(message) from error
    except (ValueError, UnicodeError) as error:
        message = f"The XML is not well-formed: {error}."
        raise XmlError(message) from error


def xml_text(text: str) -> str:
    """Drop the characters that XML 1.0 (section 2.2) forbids, even as references: most controls, lone surrogates."""
    return _FORBIDDEN.sub("", text)


def write_xml(element: etree._Element) -> bytes:
    """The document with this root element, in UTF-8, with its declaration."""
    declaration = b'<?xml version="1.0" encoding="UTF-8"?>\n'
    return declaration + etree.tostring(element, encoding="utf-8", xml_declaration=False)


def _decode(body: bytes, charset: str) -> str:
    label = _label(body, charset)
    try:
        codec = "utf-8" if label.lower() in {"us-ascii", "ascii"} else _codec(label)
        return body.decode(codec)
    except (UnicodeError, LookupError) as error:
        message = f"The text is not in the encoding {label[:40]!r} that it claims: {error}."
        raise EncodingError(message) from error


def _label(body: bytes, charset: str) -> str:
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return codec
    if charset:
        return charset
    if body.startswith(b"\x00<"):
        return "utf-16-be"
    if body.startswith(b"<\x00"):
        return "utf-16-le"
    declared = _DECLARATION.search(body[:_SNIFFED_LENGTH].decode("latin-1").lstrip())
    return declared[1] if declared else "utf-8"


def _codec(label: str) -> str:
    """The codec of a label; WHATWG's list, which leaves out what is only good for tricks (UTF-7), and the UTF forms."""
    if label.lower().replace("_", "-") in {"utf-16", "utf-16-be", "utf-16-le", "utf-16be", "utf-16le", "utf-32"}:
        return label
    if label.lower().startswith("iso-8859-"):
        return label
    encoding = webencodings.lookup(label)
    if encoding is None or encoding.name in {"x-user-defined", "replacement"}:
        message = f"The encoding {label[:40]!r} is not supported; send UTF-8."
        raise EncodingError(message)
    return encoding.codec_info.name
