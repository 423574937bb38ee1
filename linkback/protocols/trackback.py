"""TrackBack 1.2: a form in any charset comes in, a few words of XML go out."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl

import webencodings
from lxml import etree

from linkback.mentions import Ping, Protocol
from linkback.plain_text import clean, crop
from linkback.safe_xml import write_xml, xml_text

MOST_FIELDS = 50
LONGEST_TITLE = 250
LONGEST_EXCERPT = 500
LONGEST_SITE_NAME = 100

_TAG = re.compile(r"<[/!?A-Za-z][^<>]*>")
_BODILESS = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_KANA = re.compile("[\u3041-\u30ff]")
_GUESSES = ("shift_jis", "euc-jp")


@dataclass(frozen=True, slots=True)
class TrackbackError:
    """A ping that cannot be read; `message` is for the <message> of the answer."""

    message: str


def decode(body: bytes, content_type_charset: str, target: str) -> Ping | TrackbackError:
    """
    Read a ping's form (section "Sending a TrackBack ping"); `target` is the post that the ping URL stands for.

    The charset is the Content-Type's, else that of WordPress's form field `charset`, else UTF-8 if the bytes are that,
    else Shift_JIS or EUC-JP if they make Japanese, else windows-1252. Labels that are unknown are passed over.
    """
    try:
        raw = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_FIELDS)
    except ValueError:
        return TrackbackError(f"The ping has more than {MOST_FIELDS} fields.")
    fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in raw]
    decoded = _decode_fields(fields, content_type_charset)
    urls = [value for name, value in decoded if name == "url"]
    if not any(url.strip() for url in urls):
        return TrackbackError("The ping lacks its url: the address of the page that links to the post.")
    if len(urls) > 1:
        return TrackbackError("The ping names more than one url.")
    texts = dict(decoded)
    return Ping(
        protocol=Protocol.TRACKBACK,
        source=html.unescape(urls[0].strip()) if "&amp;" in urls[0] else urls[0].strip(),
        target=target,
        title=crop(_plain(texts.get("title", "")), LONGEST_TITLE),
        excerpt=crop(_plain(texts.get("excerpt", "")), LONGEST_EXCERPT),
        site_name=crop(_plain(texts.get("blog_name", "")), LONGEST_SITE_NAME),
    )


def encode_success(message: str = "") -> bytes:
    """Write the answer to a ping that was taken (section "Response format"), with a word for people if there is one."""
    return _encode("0", message)


def encode_error(message: str) -> bytes:
    """Write the answer to a ping that was not taken."""
    return _encode("1", message)


def _encode(error: str, message: str) -> bytes:
    response = etree.Element("response")
    etree.SubElement(response, "error").text = error
    if message:
        etree.SubElement(response, "message").text = xml_text(message)
    return write_xml(response)


def _decode_fields(fields: list[tuple[bytes, bytes]], content_type_charset: str) -> list[tuple[str, str]]:
    named = dict(fields).get(b"charset", b"").decode("latin-1")
    codec = _codec_of([content_type_charset, named], b"\n".join(value for _, value in fields))
    return [(name.decode(codec, "replace"), value.decode(codec, "replace")) for name, value in fields]


def _codec_of(labels: Iterable[str], sample: bytes) -> str:
    for label in labels:
        encoding = webencodings.lookup(label)
        if encoding is not None and encoding.name not in {"x-user-defined", "replacement"}:
            return encoding.codec_info.name
    if _decodes(sample, "utf-8"):
        return "utf-8"
    for guess in _GUESSES:
        if _is_japanese(sample, guess):
            return guess
    return "windows-1252"


def _decodes(sample: bytes, codec: str) -> bool:
    try:
        sample.decode(codec)
    except UnicodeError:
        return False
    return True


def _is_japanese(sample: bytes, codec: str) -> bool:
    """Japanese has kana in every sentence; other text that happens to be decodable has next to none."""
    if not _decodes(sample, codec):
        return False
    text = sample.decode(codec)
    foreign = [char for char in text if not char.isascii()]
    return len(_KANA.findall(text)) * 4 >= len(foreign) > 0


def _plain(text: str) -> str:
    """Plain text of a field that WordPress encodes as HTML, and others do not: tags dropped, entities decoded once."""
    return clean(html.unescape(_TAG.sub("", _BODILESS.sub("", text))))
