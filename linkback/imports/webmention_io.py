"""
Reads what webmention.io has received, as its API tells it.

That is a feed in JF2 (/api/mentions.jf2), or the older format of "links" (/api/mentions); both are told page by page,
and the pages may stand in one file one after another, or in an array. The relations of JF2 are those of microformats.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from typing import Any, BinaryIO

from linkback.imports.json_stream import BrokenJsonError, read_entries
from linkback.imports.record import Imported, NotAnExportError, Skipped, UnusableError, usable
from linkback.imports.text_stream import read_text
from linkback.imports.texts import MAX_NAME, MAX_TITLE, address, html_of, html_of_lines, moment, plain, words_of
from linkback.mentions import Kind, Protocol, State
from linkback.microformats import ANSWERS, read_moment

_Dict = dict[str, Any]

_ARRAYS = ("children", "links")
_RELATIONS = {
    "rsvp": Kind.RSVP,
    "in-reply-to": Kind.REPLY,
    "like-of": Kind.LIKE,
    "repost-of": Kind.REPOST,
    "bookmark-of": Kind.BOOKMARK,
    "mention-of": Kind.MENTION,
}
_ACTIVITIES = {kind.value: kind for kind in Kind}


def read_webmention_io(file: BinaryIO) -> Iterator[Imported | Skipped]:
    """
    Read the mentions of an answer of the API, in its order; one after another, so that its length does not matter.

    Raises:
        NotAnExportError: if the file is none; when the first mention is asked for.

    """
    found = False
    try:
        for entry in read_entries(read_text(file), _ARRAYS):
            found = True
            yield from _read_all(entry)
    except BrokenJsonError as error:
        if not found:
            message = (
                f"This is no answer of webmention.io: {error} Ask for one at"
                " https://webmention.io/api/mentions.jf2?domain=…&token=…&per-page=1000, and import the file."
            )
            raise NotAnExportError(message) from error
        message = (
            f"The file breaks off, or cannot be read any further: {error} What comes then is missing. Ask for it again,"
            " and import that; what is here already is not imported twice."
        )
        yield Skipped("", message)


def _read_all(entry: object) -> Iterator[Imported | Skipped]:
    """Read an entry, or those of a page that stands in an array."""
    said = _dict(entry)
    page = next((said[name] for name in _ARRAYS if isinstance(said.get(name), list)), None)
    yield from [_read(entry)] if page is None else map(_read, page)


def _read(entry: object) -> Imported | Skipped:
    said = _dict(entry)
    is_jf2 = any(name.startswith("wm-") for name in said) or "type" in said
    number = said.get("wm-id" if is_jf2 else "id")
    origin_id = f"webmention-io:{number}" if isinstance(number, int) else ""
    if said.get("wm-private") or said.get("private"):
        return Skipped(origin_id, "It is private.")
    try:
        mention = _from_jf2(origin_id, said) if is_jf2 else _from_link(origin_id, said)
        return usable(mention if origin_id else replace(mention, origin_id=_origin_id(mention)))
    except UnusableError as error:
        return Skipped(origin_id, str(error))


def _from_jf2(origin_id: str, said: _Dict) -> Imported:
    relation = _text(said.get("wm-property")) or next((name for name in _RELATIONS if name in said), "mention-of")
    author, received = _dict(said.get("author")), _text(said.get("wm-received"))
    html = _html(said.get("content")) or _html(said.get("summary"))
    return Imported(
        origin_id,
        _text(said.get("wm-target")) or _text(said.get("in-reply-to" if relation == "rsvp" else relation)),
        State.APPROVED,
        moment(_text(said.get("published")), received),
        protocol=Protocol.PINGBACK if said.get("wm-protocol") == Protocol.PINGBACK else Protocol.WEBMENTION,
        kind=_RELATIONS.get(relation, Kind.MENTION),
        author=plain(_text(author.get("name")), MAX_NAME),
        author_url=address(_text(author.get("url"))),
        author_photo=address(_text(author.get("photo"))),
        source=_text(said.get("wm-source")) or _text(said.get("url")),
        url=address(_text(said.get("url"))),
        title=plain(_text(said.get("name")), MAX_TITLE),
        html=html,
        text=words_of(html),
        rsvp=_answer(said.get("rsvp")),
        received_at=read_moment(received),
    )


def _from_link(origin_id: str, said: _Dict) -> Imported:
    data, activity = _dict(said.get("data")), _dict(said.get("activity"))
    author, received = _dict(data.get("author")), _text(said.get("verified_date"))
    html = _html(data.get("content"))
    return Imported(
        origin_id,
        _text(said.get("target")),
        State.HELD if said.get("verified") is False else State.APPROVED,
        moment(_text(data.get("published")), received),
        protocol=Protocol.WEBMENTION,
        kind=_ACTIVITIES.get(_text(activity.get("type")), Kind.MENTION),
        author=plain(_text(author.get("name")), MAX_NAME),
        author_url=address(_text(author.get("url"))),
        author_photo=address(_text(author.get("photo"))),
        source=_text(said.get("source")),
        url=address(_text(data.get("url"))),
        title=plain(_text(data.get("name")), MAX_TITLE),
        html=html,
        text=words_of(html),
        rsvp=_answer(data.get("rsvp")),
        received_at=read_moment(received),
    )


def _html(content: object) -> str:
    """Read words in any of the shapes that they have had: HTML and text, a value and its type, HTML alone."""
    if isinstance(content, str):
        return html_of(content)
    said = _dict(content)
    value = _text(said.get("value"))
    html = _text(said.get("html")) or (value if said.get("content-type") == "text/html" else "")
    return html_of(html) if html else html_of_lines(escape(_text(said.get("text")) or value, quote=False))


def _answer(rsvp: object) -> str:
    answer = _text(rsvp).strip().lower()
    return answer if answer in ANSWERS else ""


def _origin_id(mention: Imported) -> str:
    """Name a mention that has no number by what it links."""
    link = f"{mention.source} {mention.target}".encode("utf-8", "replace")
    return f"webmention-io:{hashlib.sha256(link).hexdigest()[:32]}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _dict(value: object) -> _Dict:
    return value if isinstance(value, dict) else {}
