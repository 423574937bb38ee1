"""Conversations as they are read."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from linkback.comments import Comment, Standing
from linkback.mentions import State
from linkback.threads import DEEPEST, Thread, threads_of

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

Shape = list[object]


def comment(number: int, answers: int | None = None) -> Comment:
    return Comment(
        id=str(number),
        site_id="ours",
        post_key="p",
        target="https://ours.example/post",
        state=State.APPROVED,
        standing=Standing.WELCOME,
        received_at=NOW + timedelta(minutes=number),
        name="A",
        website="",
        text="x",
        html="<p>x</p>",
        in_reply_to="" if answers is None else str(answers),
    )


def shape(threads: tuple[Thread, ...]) -> Shape:
    return [[int(thread.entry.id), *shape(thread.answers)] for thread in threads]


def test_answers_stand_below_what_they_answer_the_oldest_first() -> None:
    entries = [comment(5), comment(4, answers=1), comment(3, answers=1), comment(2), comment(1)]
    assert shape(threads_of(entries)) == [[1, [3], [4]], [2], [5]]


def test_an_answer_to_what_is_gone_stands_on_its_own() -> None:
    assert shape(threads_of([comment(2, answers=1)])) == [[2]]


def test_deep_threads_are_flat_at_their_end() -> None:
    chain = [comment(1), *(comment(number, answers=number - 1) for number in range(2, DEEPEST + 4))]
    assert shape(threads_of(chain)) == [[1, [2, [3, [4, [5], [6], [7]]]]]]


@given(st.lists(st.none() | st.integers(0, 30), max_size=30))
def test_nothing_is_lost_and_nothing_is_shown_twice(parents: list[int | None]) -> None:
    entries = [comment(number, answers) for number, answers in enumerate(parents) if answers != number]
    acyclic = [entry for entry in entries if not entry.in_reply_to or int(entry.in_reply_to) < int(entry.id)]

    def ids(threads: tuple[Thread, ...]) -> list[str]:
        return [name for thread in threads for name in (thread.entry.id, *ids(thread.answers))]

    assert sorted(ids(threads_of(acyclic))) == sorted(entry.id for entry in acyclic)
