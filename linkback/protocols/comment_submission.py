"""
The three ways in which a comment is sent: a form, JSON, and an RSS item (CommentAPI, wellformedweb.org).

All of them say the same things, and become the same draft.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from lxml import etree

from linkback.comments import Draft
from linkback.plain_text import clean
from linkback.safe_xml import XmlError, parse_xml

FORM_TYPES = frozenset({"application/x-www-form-urlencoded", ""})
JSON_TYPES = frozenset({"application/json"})
XML_TYPES = frozenset({"text/xml", "application/xml", "application/rss+xml"})

TRAP = "subject"
"""A field of the form that people do not see; programs that fill in everything fill it in."""

STAMP = "stamp"
"""A field of the form that says, signed, when it was made."""

MOST_FIELDS = 30

_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_IN_REPLY_TO = "{http://purl.org/syndication/thread/1.0}in-reply-to"


@dataclass(frozen=True, slots=True)
class Submission:
    """A draft as it was sent, and the stamp of its form, which has not been checked."""

    draft: Draft
    stamp: str = ""


class SubmissionError(ValueError):
    """A request that cannot be read as a comment; the text says what is wrong with it."""


def decode(body: bytes, media_type: str, charset: str) -> Submission:
    """
    Read a request.

    Raises:
        SubmissionError: if it is in none of the three forms.

    """
    if media_type in FORM_TYPES:
        return _submission(read_form(body))
    if media_type in JSON_TYPES:
        return _submission(_read_json(body))
    if media_type in XML_TYPES:
        return Submission(_read_item(body, charset))
    message = f"A comment is sent as a form, as JSON or as an RSS item, not as {media_type[:100]!r}."
    raise SubmissionError(message)


def _submission(fields: Mapping[str, str]) -> Submission:
    draft = Draft(
        name=clean(fields.get("name", "")),
        email=fields.get("email", "").strip(),
        website=_website(fields.get("website", "")),
        text=_typed(fields.get("text", "")),
        in_reply_to=fields.get("in_reply_to", "").strip().lower(),
        trap=fields.get(TRAP, ""),
    )
    return Submission(draft, fields.get(STAMP, ""))


def _typed(text: str) -> str:
    """What was typed, without what no page or feed can carry."""
    return text.replace("\r\n", "\n").encode("utf-8", "replace").decode().replace("\0", "")


def _website(text: str) -> str:
    """People write "example.org" where they mean its address."""
    text = text.strip()
    return f"https://{text}" if text and "://" not in text and "." in text and " " not in text else text


def read_form(body: bytes) -> dict[str, str]:
    """
    Read a form; of a field that comes twice the first counts.

    Raises:
        SubmissionError: if it is not UTF-8, or has too many fields.

    """
    try:
        text = body.decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        message = "The form is not UTF-8, or has too many fields."
        raise SubmissionError(message) from error
    return dict(reversed(pairs))


def _read_json(body: bytes) -> dict[str, str]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        message = "The request is not JSON."
        raise SubmissionError(message) from error
    if not isinstance(document, dict):
        message = 'The JSON must be an object, such as {"name": …, "text": …}.'
        raise SubmissionError(message)
    wrong = [name for name, value in document.items() if not isinstance(value, str | None)]
    if wrong:
        message = f"{wrong[0][:100]!r} must be a string."
        raise SubmissionError(message)
    return {name: value for name, value in document.items() if value is not None}


def _read_item(body: bytes, charset: str) -> Draft:
    """An RSS item: author or dc:creator, link, description; an author of RSS is an address with a name behind it."""
    try:
        item = parse_xml(body, charset)
    except XmlError as error:
        raise SubmissionError(str(error)) from error
    if item.tag != "item":
        message = f"The XML must be an RSS <item>, not <{str(item.tag)[:100]}>."
        raise SubmissionError(message)
    email, name = _author(_text(item, "author"))
    reply = item.find(_IN_REPLY_TO)
    parent = "" if reply is None else reply.get("ref", "")
    return Draft(
        name=clean(_text(item, _CREATOR) or name),
        email=email,
        website=_website(_text(item, "link")),
        text=_typed(_text(item, "description") or _text(item, "title")),
        in_reply_to=parent.removeprefix("urn:uuid:").strip().lower(),
    )


def _text(item: etree._Element, name: str) -> str:
    return "".join(item.findtext(name) or "").strip()


def _author(text: str) -> tuple[str, str]:
    """Take apart "alice@example.org (Alice)", or what is only one of the two."""
    email, _, rest = text.partition("(")
    if rest:
        return email.strip(), rest.rstrip(") ").strip()
    return (text, text.partition("@")[0]) if "@" in text else ("", text)
