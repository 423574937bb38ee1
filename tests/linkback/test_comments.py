"""What may become a comment, and by which rules it is shown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from linkback.comments import (
    LONGEST_TEXT,
    QUICKEST,
    STALEST,
    Draft,
    Problem,
    Standing,
    double_of,
    judge_comment,
    problems_of,
    writer_of,
)
from linkback.mentions import State
from linkback.sites import Comments, Post, Site
from linkback.urls import parse_url

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SITE = Site("ours", "Ours", parse_url("https://ours.example/"), blocked=frozenset({"spam.example"}))
OPEN = replace(SITE, comments=Comments.APPROVE)
GOOD = Draft(
    name="Alice",
    email="alice@example.org",
    website="https://alice.example/",
    text="Well said.",
    made_at=NOW - timedelta(minutes=2),
)


def standing(draft: Draft, site: Site = OPEN, *, is_known_writer: bool = False) -> tuple[State, Standing]:
    return judge_comment(draft, site, NOW, is_known_writer=is_known_writer)


def test_a_good_draft_has_no_problems() -> None:
    assert problems_of(GOOD, SITE) == ()
    assert problems_of(Draft(name="A", text="b"), SITE) == ()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": ""}, Problem.NAME_MISSING),
        ({"name": "x" * 101}, Problem.NAME_TOO_LONG),
        ({"email": "alice"}, Problem.EMAIL_UNUSABLE),
        ({"email": "a@b@c.d"}, Problem.EMAIL_UNUSABLE),
        ({"email": "alice@example.org, bob@example.org"}, Problem.EMAIL_UNUSABLE),
        ({"website": "javascript:alert(1)"}, Problem.WEBSITE_UNUSABLE),
        ({"website": f"https://a.example/{'x' * 600}"}, Problem.WEBSITE_UNUSABLE),
        ({"text": " \n "}, Problem.TEXT_MISSING),
        ({"text": "x" * (LONGEST_TEXT + 1)}, Problem.TEXT_TOO_LONG),
    ],
)
def test_each_problem_is_named_and_belongs_to_its_field(changes: dict[str, str], problem: Problem) -> None:
    assert problems_of(replace(GOOD, **changes), SITE) == (problem,)  # type: ignore[arg-type]  # the columns are texts
    assert problem.field in changes


def test_all_problems_are_told_at_once() -> None:
    assert problems_of(Draft(), replace(SITE, needs_email=True)) == (
        Problem.NAME_MISSING,
        Problem.EMAIL_MISSING,
        Problem.TEXT_MISSING,
    )


@pytest.mark.parametrize(
    ("rule", "is_known_writer", "expected"),
    [
        (Comments.APPROVE, False, (State.APPROVED, Standing.WELCOME)),
        (Comments.HOLD_FIRST, False, (State.HELD, Standing.FIRST_TIME)),
        (Comments.HOLD_FIRST, True, (State.APPROVED, Standing.WELCOME)),
        (Comments.HOLD, True, (State.HELD, Standing.FOR_OWNER)),
    ],
)
def test_the_owners_rule_decides(rule: Comments, expected: tuple[State, Standing], *, is_known_writer: bool) -> None:
    assert standing(GOOD, replace(SITE, comments=rule), is_known_writer=is_known_writer) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"trap": "x"}, (State.SPAM, Standing.TRAPPED)),
        ({"website": "https://www.spam.example/"}, (State.SPAM, Standing.BLOCKED)),
        ({"text": "Buy at http://spam.example/pills!"}, (State.SPAM, Standing.BLOCKED)),
        ({"text": "http://a.example/ http://b.example/ http://c.example/"}, (State.HELD, Standing.MANY_LINKS)),
    ],
)
def test_what_looks_like_spam_is_not_shown_even_of_known_writers(
    changes: dict[str, str], expected: tuple[State, Standing]
) -> None:
    assert standing(replace(GOOD, **changes), is_known_writer=True) == expected  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize(
    "age", [None, timedelta(0), QUICKEST - timedelta(seconds=1), STALEST + timedelta(seconds=1), -timedelta(hours=1)]
)
def test_a_form_that_no_reader_filled_in_is_held(age: timedelta | None) -> None:
    draft = replace(GOOD, made_at=None if age is None else NOW - age)
    assert standing(draft, is_known_writer=True) == (State.HELD, Standing.UNPROVEN)


def test_two_links_are_no_spam() -> None:
    assert standing(replace(GOOD, text="http://a.example/ and http://b.example/"))[0] is State.APPROVED


def test_one_writer_is_one_however_the_address_is_spelled_and_nobody_without_one() -> None:
    assert writer_of(" Alice@Example.org") == writer_of("alice@example.org") != writer_of("bob@example.org")
    assert writer_of("") == ""
    assert "alice" not in writer_of("alice@example.org")


def test_a_double_is_what_says_the_same_to_the_same_post_by_the_same_person() -> None:
    post = Post(SITE, "/a", "https://ours.example/a")
    other = Post(SITE, "/b", "https://ours.example/b")
    first = double_of(GOOD, post)
    assert first == double_of(replace(GOOD, made_at=NOW), post)
    assert first != double_of(GOOD, other)
    for name in ("name", "email", "text", "in_reply_to"):
        assert first != double_of(replace(GOOD, **{name: "another"}), post)  # type: ignore[arg-type]  # as above
