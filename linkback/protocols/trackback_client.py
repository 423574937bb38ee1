"""TrackBack 1.2 as its senders speak it: the form that goes out, and the few words of XML that come back."""

import re
from html import unescape
from urllib.parse import urlencode

from lxml import etree

from linkback.mentions import Ping
from linkback.plain_text import clean
from linkback.protocols.trackback import TrackbackError
from linkback.safe_xml import XmlError, parse_xml

CONTENT_TYPE = "application/x-www-form-urlencoded; charset=utf-8"

LONGEST_MESSAGE = 1000

_SUCCESS = "0"
# Both go on to the next "<" only, so that a long answer costs no more than its length.
_ERROR = re.compile(r"<error>([^<]*)</error>", re.IGNORECASE)
_MESSAGE = re.compile(r"<message>(?:<!\[CDATA\[)?([^<]*)", re.IGNORECASE)


class NoAnswerError(ValueError):
    """What came back is not what a TrackBack endpoint answers."""


def encode_ping(ping: Ping) -> bytes:
    """
    Write a ping's form (section "Sending a TrackBack ping").

    A page without a title is called by its address, since WordPress takes no ping without a title; and its charset is
    named in a field too, since WordPress does not read it in the Content-Type.
    """
    form = {
        "url": ping.source,
        "title": ping.title or ping.source,
        "excerpt": ping.excerpt,
        "blog_name": ping.site_name,
        "charset": "utf-8",
    }
    return urlencode({name: value for name, value in form.items() if value}).encode("ascii")


def decode_response(body: bytes) -> str | TrackbackError:
    """
    Read the answer (section "Response format"), whose status tells nothing: the message of a success, or the error.

    Everything but an <error> of 0 is an error; WordPress has a word there instead of 1 when it is asked too often.

    Raises:
        NoAnswerError: if there is no <error> in it.
    """
    error, message = _read(body)
    return clean(message) if error.strip() == _SUCCESS else TrackbackError(clean(message))


def _read(body: bytes) -> tuple[str, str]:
    try:
        return _read_xml(parse_xml(body))
    except XmlError:
        return _read_text(body.decode("utf-8", "replace"))


def _read_xml(root: etree._Element) -> tuple[str, str]:
    error, message = root.find(".//error"), root.find(".//message")
    if root.tag == "error":
        error = root
    if error is None:
        words = "The answer has no <error>."
        raise NoAnswerError(words)
    return error.text or "", "" if message is None else message.text or ""


def _read_text(text: str) -> tuple[str, str]:
    """Read an answer that is not quite XML: with a warning of PHP before it, or an ampersand that stands for itself."""
    error, message = _ERROR.search(text), _MESSAGE.search(text)
    if error is None:
        words = "The answer is neither XML, nor has it an <error>."
        raise NoAnswerError(words)
    return error[1], unescape(message[1][:LONGEST_MESSAGE]) if message else ""
