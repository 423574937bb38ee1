import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.imports.isso import QUERY, read_isso
from linkback.imports.record import Imported, Skipped
from linkback.mentions import Kind, State

SCHEMA = """
CREATE TABLE threads (id INTEGER PRIMARY KEY, uri VARCHAR(256) UNIQUE, title VARCHAR(256));
CREATE TABLE comments (
    tid REFERENCES threads(id), id INTEGER PRIMARY KEY, parent INTEGER, created FLOAT NOT NULL, modified FLOAT,
    mode INTEGER, remote_addr VARCHAR, text VARCHAR, author VARCHAR, email VARCHAR, website VARCHAR,
    likes INTEGER DEFAULT 0, dislikes INTEGER DEFAULT 0, voters BLOB NOT NULL, notification INTEGER DEFAULT 0
);
"""
INSERT = (
    "INSERT INTO comments (tid, id, parent, created, mode, text, author, email, website, voters)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '')"
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A database as Isso makes it, with one post."""
    connection = sqlite3.connect(tmp_path / "comments.db")
    connection.executescript(SCHEMA)
    connection.execute("INSERT INTO threads VALUES (1, '/paper-boats/', 'Paper boats')")
    yield connection
    connection.close()


def read(database: sqlite3.Connection) -> list[Imported | Skipped]:
    return list(read_isso(database.execute(QUERY)))


def test_a_comment_is_read_and_its_markdown_becomes_html(database: sqlite3.Connection) -> None:
    text = "Wax **helps**.\n\n> says who?\n\n<b>me</b> <script>alert(1)</script>\n"
    row = (1, 4, None, 1368000000.5, 1, text, "Jo", "jo@mail.example", "http://jo.example")
    database.execute(INSERT, row)
    assert read(database) == [
        Imported(
            origin_id="isso:4",
            target="/paper-boats/",
            state=State.APPROVED,
            published_at=datetime(2013, 5, 8, 8, 0, 0, 500000, tzinfo=UTC),
            post_title="Paper boats",
            protocol=None,
            kind=Kind.REPLY,
            author="Jo",
            email="jo@mail.example",
            author_url="http://jo.example",
            html=(
                "<p>Wax <strong>helps</strong>.</p>\n<blockquote>\n<p>says who?</p>\n</blockquote>\n<p><b>me</b> </p>"
            ),
            text="Wax helps.\n\nsays who?\n\nme",
        )
    ]


def test_threads_and_states_are_kept(database: sqlite3.Connection) -> None:
    database.execute(INSERT, (1, 1, None, 1.0, 4, "", None, None, None))
    database.execute(INSERT, (1, 2, 1, 2.0, 2, "Hello", None, None, None))
    deleted, answer = read(database)
    assert isinstance(deleted, Imported)
    assert isinstance(answer, Imported)
    assert (deleted.state, deleted.author, deleted.email) == (State.DELETED, "", "")
    assert (answer.state, answer.parent_id) == (State.HELD, "isso:1")


@pytest.mark.parametrize(
    ("created", "mode", "text"),
    [("soon", 1, "x"), (1e300, 1, "x"), (float("inf"), 1, "x"), (1.0, 8, "x"), (1.0, None, "x"), (1.0, 1, None)],
)
def test_a_broken_comment_is_passed_over_and_told(
    database: sqlite3.Connection, created: object, mode: object, text: object
) -> None:
    database.execute(INSERT, (1, 1, None, created, mode, text, None, None, None))
    database.execute(INSERT, (1, 2, None, 1.0, 1, "Hello", None, None, None))
    told, whole = read(database)
    assert isinstance(told, Skipped)
    assert told.origin_id == "isso:1"
    assert isinstance(whole, Imported)


VALUES = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text() | st.binary()


@given(st.lists(st.tuples(*[VALUES] * 10), max_size=3))
def test_whatever_sqlite_hands_out_there_are_values(rows: list[tuple[object, ...]]) -> None:
    for one in read_isso(rows):
        assert isinstance(one, Skipped) or (one.target and one.published_at.tzinfo is UTC)


@given(st.text())
def test_whatever_the_markdown_is_there_are_values(text: str) -> None:
    [one] = read_isso([(1, None, 1.0, 1, text, "", "", "", "/", "")])
    assert isinstance(one, Skipped) or one.html
