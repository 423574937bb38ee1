"""Reads the comment feed of any blog, RSS or Atom, with the threads that RFC 4685 lets it tell."""

import re
from calendar import timegm
from collections.abc import Container, Mapping
from datetime import UTC, datetime
from html import escape, unescape
from io import BytesIO
from typing import Any

import feedparser

from linkback.imports.record import Imported, NotAnExportError, Skipped, UnusableError, usable
from linkback.imports.texts import MAX_NAME, MAX_TITLE, address, email, html_of, html_of_lines, plain, words_of
from linkback.markup import parse
from linkback.mentions import Kind, Protocol, State

_REPLY = "thr_in-reply-to"
"""As feedparser calls RFC 4685's element."""


def read_comment_feed(body: bytes) -> list[Imported | Skipped]:
    """
    Read what a feed has of comments, in its order; a feed that Linkback made has linkbacks too.

    To which post an entry belongs is told by what it answers, else by its own address up to the "#", else by the
    feed's. A comment feed shows the newest entries only: what it does not show cannot be read.

    Raises:
        NotAnExportError: if it is no feed.

    """
    parsed = _parse(body)
    if not parsed.entries and (parsed.bozo or not parsed.get("version")):
        message = "This is no feed, or a broken one. Save the comment feed of the blog as RSS or Atom, and import that."
        raise NotAnExportError(message)
    ids = {entry.get("id") or entry.get("link") for entry in parsed.entries}
    return [_read(entry, parsed.feed.get("link", ""), ids) for entry in parsed.entries]


def _parse(body: bytes) -> Any:  # noqa: ANN401 - feedparser has no types
    try:
        return feedparser.parse(
            BytesIO(body),  # plain bytes would be taken for the name of a file, and that file be read
            response_headers={"content-type": "application/xml"},
            sanitize_html=False,  # texts are made safe as all others are
        )
    except (ValueError, LookupError, re.error) as error:
        # What is broken is read again by a parser which itself breaks at some of it (feedparser issue 599).
        message = "The XML is broken, and in a way that cannot be passed over; let a feed validator look at it."
        raise NotAnExportError(message) from error


def _read(entry: Any, feed_url: str, ids: Container[str]) -> Imported | Skipped:  # noqa: ANN401 - see above
    written = entry.get("id") or entry.get("link")
    if not written:
        return Skipped("", "It has neither an id nor an address: it would be taken for another one at each import.")
    origin_id = f"feed:{written}"
    try:
        return usable(_imported(origin_id, entry, feed_url, ids))
    except UnusableError as error:
        return Skipped(origin_id, str(error))


def _imported(origin_id: str, entry: Any, feed_url: str, ids: Container[str]) -> Imported:  # noqa: ANN401 - see above
    answered, author = entry.get(_REPLY), entry.get("author_detail") or {}
    reply = answered if isinstance(answered, dict) else {}  # without attributes it is a text
    protocol, html = _protocol(entry), _html(entry)
    return Imported(
        origin_id,
        _target(entry, reply, feed_url),
        State.APPROVED,
        _moment(entry),
        protocol=protocol,
        kind=_kind(entry) if protocol else Kind.REPLY,
        author=plain(unescape(author.get("name") or ""), MAX_NAME),
        email=email(author.get("email") or ""),
        author_url=address(author.get("href") or ""),
        source=entry.get("link", "") if protocol else "",
        title=_title(entry) if protocol else "",
        html=html,
        text=words_of(html),
        parent_id=_parent_id(reply, ids),
    )


def _protocol(entry: Any) -> Protocol | None:  # noqa: ANN401 - see above
    """How a linkback came, which our own feeds tell as a category."""
    return next((protocol for protocol in Protocol if protocol in _categories(entry)), None)


def _kind(entry: Any) -> Kind:  # noqa: ANN401 - see above
    return next((kind for kind in Kind if kind in _categories(entry)), Kind.MENTION)


def _categories(entry: Any) -> set[str]:  # noqa: ANN401 - see above
    return {tag.get("term") or "" for tag in entry.get("tags", [])}


def _title(entry: Any) -> str:  # noqa: ANN401 - see above
    title = entry.get("title") or ""
    is_plain = entry.get("title_detail", {}).get("type", "text/plain") == "text/plain"
    return plain(title if is_plain else "".join(parse(title).texts), MAX_TITLE)


def _html(entry: Any) -> str:  # noqa: ANN401 - see above
    part = next(iter(entry.get("content", [])), None) or entry.get("summary_detail") or {}
    words = part.get("value") or ""
    return html_of_lines(escape(words, quote=False)) if part.get("type") == "text/plain" else html_of(words)


def _target(entry: Any, reply: Mapping[str, str], feed_url: str) -> str:  # noqa: ANN401 - see above
    own, _, fragment = entry.get("link", "").partition("#")
    candidates = (reply.get("href", "").partition("#")[0], own if fragment else "", entry.get("comments", ""), feed_url)
    return next(filter(None, map(str.strip, candidates)), "")


def _parent_id(reply: Mapping[str, str], ids: Container[str]) -> str:
    """Say which comment is answered; what has a place of its own on a page is one, though the feed may lack it."""
    answered = reply.get("ref", "").strip()
    return f"feed:{answered}" if answered and (answered in ids or "#" in reply.get("href", "")) else ""


def _moment(entry: Any) -> datetime:  # noqa: ANN401 - see above
    # By dict.get where feedparser's own would hand out the date of publication for that of the last change.
    parsed = dict.get(entry, "published_parsed") or dict.get(entry, "updated_parsed")
    try:
        if parsed:
            return datetime.fromtimestamp(timegm(parsed), UTC)
    except (ValueError, OverflowError):
        pass
    message = "It has no date that can be read."
    raise UnusableError(message)
