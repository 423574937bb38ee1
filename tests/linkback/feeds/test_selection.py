"""Which entries a feed is to hold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from linkback.feeds.entry import Entry
from linkback.feeds.selection import Selection, select

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
POST = "https://ours.example/post"


def entry(number: int, answers: int = 0, category: str = "comment", kind: str = "") -> Entry:
    at = NOW + timedelta(hours=number)
    parent = f"urn:uuid:{answers}" if answers else POST
    return Entry(f"urn:uuid:{number}", f"{POST}#{number}", "T", "A", at, at, parent, POST, category, kind)


ENTRIES = [
    entry(1),
    entry(2, answers=1),
    entry(3, category="webmention", kind="reply"),
    entry(4, answers=3),
    entry(5, answers=2),
    entry(6, category="pingback", kind="mention"),
]


def chosen(*types: str, thread: str = "") -> list[int]:
    return [int(each.id.rpartition(":")[2]) for each in select(ENTRIES, Selection(frozenset(types), thread))]


def test_all_come_newest_first_if_nothing_is_asked_for() -> None:
    assert chosen() == [6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("types", "numbers"),
    [(("comment",), [5, 4, 2, 1]), (("reply",), [3]), (("pingback", "reply"), [6, 3]), (("like",), [])],
)
def test_types_choose_by_how_entries_came_or_what_they_do(types: tuple[str, ...], numbers: list[int]) -> None:
    assert chosen(*types) == numbers


def test_a_thread_is_all_that_answers_and_what_answers_that() -> None:
    assert chosen(thread="1") == [5, 2]
    assert chosen(thread="3") == [4]
    assert chosen(thread="9") == []


def test_entries_of_one_moment_stay() -> None:
    same = [replace(each, published_at=NOW) for each in ENTRIES]
    assert len(select(same, Selection())) == len(ENTRIES)
