"""
Reads the comments of Isso, which keeps them in an SQLite database.

The file is opened by the caller; here is what to ask it for, and what the answer means (isso/db/comments.py and
threads.py of Isso). Isso knows a post by its path alone, and answers to answers as answers to the first comment.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from markdown_it import MarkdownIt

from linkback.imports.record import Imported, Skipped, UnusableError, usable
from linkback.imports.texts import MAX_NAME, MAX_TITLE, address, email, html_of, plain, words_of
from linkback.mentions import State

QUERY = (
    "SELECT comments.id, comments.parent, comments.created, comments.mode, comments.text, comments.author,"
    " comments.email, comments.website, threads.uri, threads.title"
    " FROM comments JOIN threads ON threads.id = comments.tid ORDER BY comments.id"
)
"""What to ask the database for; `read_isso` reads the rows as they come, so that none need be kept."""

NO_DATABASE = (
    "This is no database of Isso. Import the file that `dbpath` names in isso.cfg, such as comments.db, while Isso is"
    " stopped."
)
"""What a person is told whose file does not answer QUERY, in a NotAnExportError."""

_STATES = {1: State.APPROVED, 2: State.HELD, 4: State.DELETED}

_MARKDOWN = MarkdownIt("commonmark", {"html": True})


class _Row(NamedTuple):
    """One row of the answer to QUERY; SQLite keeps what it is given, whatever the type of a column."""

    id: object
    parent: object
    created: object
    mode: object
    text: object
    author: object
    email: object
    website: object
    uri: object
    title: object


def read_isso(rows: Iterable[Sequence[object]]) -> Iterator[Imported | Skipped]:
    """Read the rows that answer QUERY."""
    return (_read(_Row(*row)) for row in rows)


def _read(row: _Row) -> Imported | Skipped:
    origin_id = f"isso:{row.id}"
    try:
        return usable(_imported(origin_id, row))
    except UnusableError as error:
        return Skipped(origin_id, str(error))


def _imported(origin_id: str, row: _Row) -> Imported:
    if not isinstance(row.mode, int) or row.mode not in _STATES:
        message = f"Nobody knows whether it was approved: its mode is {plain(str(row.mode), 40)}."
        raise UnusableError(message)
    html = html_of(_MARKDOWN.render(_text(row.text)))
    return Imported(
        origin_id,
        _text(row.uri).strip(),
        _STATES[row.mode],
        _moment(row.created),
        post_title=plain(_text(row.title), MAX_TITLE),
        author=plain(_text(row.author), MAX_NAME),
        email=email(_text(row.email)),
        author_url=address(_text(row.website)),
        html=html,
        text=words_of(html),
        parent_id="" if row.parent is None else f"isso:{row.parent}",
    )


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def _moment(created: object) -> datetime:
    """Read seconds since 1970."""
    try:
        if isinstance(created, int | float) and math.isfinite(created):
            return datetime.fromtimestamp(created, UTC)
    except (OverflowError, ValueError, OSError):
        pass
    message = "It has no date that can be read."
    raise UnusableError(message)
