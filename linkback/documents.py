"""Sources that are no web pages: whether a JSON document or a plain text names a post (Webmention section 3.2.2)."""

import json
import re
from collections.abc import Iterator

from linkback.charsets import find_encoding
from linkback.sites import Post, Sites
from linkback.urls import UrlError, parse_url

JSON_TYPES = re.compile(r"application/([a-z0-9.+-]+\+)?json")
TEXT_TYPE = "text/plain"

_URL = re.compile(r"https?://[^\s<>\"'`]+", re.IGNORECASE)
_SENTENCE_ENDS = ".,;:!?)]}*_"


def json_names(body: bytes, post: Post, sites: Sites) -> bool:
    """Whether any string of a JSON document is, as a whole, the address of the post."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return any(_is_address_of(post, text, sites) for text in _strings(document))


def text_names(body: bytes, charset: str, post: Post, sites: Sites) -> bool:
    """Whether a plain text names the address of the post, and not only one that begins like it."""
    encoding = find_encoding(charset)
    text = body.decode(encoding.codec_info.name if encoding else "utf-8", "replace")
    return any(_is_address_of(post, found, sites) for found in _addresses(text))


def _strings(document: object) -> Iterator[str]:
    """Every string value, found without recursion."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            waiting += value.values()


def _addresses(text: str) -> Iterator[str]:
    """Every URL in a text, as it stands there and without the marks that may belong to the sentence around it."""
    for match in _URL.finditer(text):
        yield match[0]
        yield match[0].rstrip(_SENTENCE_ENDS)


def _is_address_of(post: Post, text: str, sites: Sites) -> bool:
    try:
        return sites.locate(parse_url(text)) == post
    except UrlError:
        return False
