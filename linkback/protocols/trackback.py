"""TrackBack 1.2: a form in any charset comes in, a few words of XML go out."""

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from lxml import etree

from linkback.charsets import find_encoding
from linkback.mentions import Ping, Protocol
from linkback.plain_text import clean, crop
from linkback.safe_xml import write_xml, xml_text

MOST_FIELDS = 50
LONGEST_TITLE = 250
LONGEST_EXCERPT = 500
LONGEST_SITE_NAME = 100

_TAG = re.compile(r"<[/!?A-Za-z][^<>]*>")
# An element that is not closed reaches to the end: so browsers read it, and looking for the end costs one pass only.
_BODILESS = re.compile(r"<(script|style)\b.*?(?:</\1[^<>]*>|\Z)", re.IGNORECASE | re.DOTALL)
_KANA = re.compile("[\u3041-\u30ff]")
_GUESSES = ("cp932", "euc_jp")


@dataclass(frozen=True, slots=True)
class TrackbackError:
    """A ping that cannot be read; `message` is for the <message> of the answer."""

    message: str


def decode(body: bytes, content_type_charset: str, target: str) -> Ping | TrackbackError:
    """
    Read a ping's form (section "Sending a TrackBack ping"); `target` is the post that the ping URL stands for.

    The charset is the Content-Type's, else that of WordPress's form field `charset`, else what the bytes look like:
    ISO-2022-JP, UTF-8, Shift_JIS, EUC-JP, and windows-1252 if nothing else fits. Labels that are unknown are passed
    over. Texts become plain and are cropped.
    """
    try:
        fields = _read_form(body)
    except ValueError:
        return TrackbackError(f"The ping has more than {MOST_FIELDS} fields.")
    urls = [value for name, value in fields if name == "url"]
    if not any(url.strip() for url in urls):
        return TrackbackError("The ping lacks its url: the address of the page that links to the post.")
    if len(urls) > 1:
        return TrackbackError("The ping names more than one url.")
    texts = _decode_values(fields, content_type_charset)
    return Ping(
        protocol=Protocol.TRACKBACK,
        source=texts["url"].strip().replace("&amp;", "&"),
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


def _read_form(body: bytes) -> list[tuple[str, bytes]]:
    """Names and values, the values still as bytes, since one of them may name the charset of them all."""
    pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_FIELDS)
    return [(name, value.encode("latin-1")) for name, value in pairs]


def _decode_values(fields: list[tuple[str, bytes]], content_type_charset: str) -> dict[str, str]:
    values = dict(fields)
    labels = (content_type_charset, values.get("charset", b"").decode("latin-1"))
    codec = _named_codec(labels) or _likely_codec(b"\n".join(values.values()))
    return {name: value.decode(codec, "replace") for name, value in values.items()}


def _named_codec(labels: Iterable[str]) -> str | None:
    for encoding in map(find_encoding, labels):
        # No form is in UTF-16, in which not even "url=" is what it is in ASCII.
        if encoding is not None and not encoding.name.startswith("utf-16"):
            return encoding.codec_info.name
    return None


def _likely_codec(sample: bytes) -> str:
    if _is_japanese(sample, "iso2022_jp"):  # asked first, since its bytes are all ASCII, and so UTF-8 as well
        return "iso2022_jp"
    if _decodes(sample, "utf-8"):
        return "utf-8"
    return next((guess for guess in _GUESSES if _is_japanese(sample, guess)), "cp1252")


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
