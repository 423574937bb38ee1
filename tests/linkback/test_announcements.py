"""Whom a post has to tell that it links to them, or no longer does."""

from datetime import UTC, datetime

import pytest

from linkback.announcements import Outcome, SendResult, Sent, Telling, to_tell, told
from linkback.mentions import Protocol
from linkback.urls import parse_url

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LINK = parse_url("https://theirs.example/a")
MOST = 3


def sent(
    outcome: Outcome = Outcome.SENT,
    protocol: Protocol | None = Protocol.WEBMENTION,
    *,
    version: str = "1",
    is_removed: bool = False,
    attempts: int = 1,
) -> Sent:
    return Sent(SendResult(LINK.raw, outcome, protocol), version, NOW, is_removed, attempts)


def told_before(before: Sent, version: str, *, still_links: bool = True) -> list[Telling]:
    return to_tell([LINK] if still_links else [], {LINK.key: before}, version, MOST)


def test_a_new_link_is_told() -> None:
    assert to_tell([LINK], {}, "1", MOST) == [Telling(LINK)]


@pytest.mark.parametrize("protocol", [*Protocol, None])
@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.FAILED}))
def test_nothing_is_told_twice_of_the_same_version(outcome: Outcome, protocol: Protocol | None) -> None:
    assert told_before(sent(outcome, protocol), "1") == []


@pytest.mark.parametrize(
    ("protocol", "outcome", "is_told"),
    [
        (Protocol.WEBMENTION, Outcome.SENT, True),
        (Protocol.WEBMENTION, Outcome.REFUSED, True),
        (Protocol.PINGBACK, Outcome.SENT, False),
        (Protocol.PINGBACK, Outcome.ALREADY_KNOWN, False),
        (Protocol.PINGBACK, Outcome.REFUSED, True),
        (Protocol.TRACKBACK, Outcome.SENT, False),
        (Protocol.TRACKBACK, Outcome.FAILED, True),
        (None, Outcome.NO_ENDPOINT, True),
    ],
)
def test_a_changed_post_tells_again_what_can_be_told_again_or_has_not_arrived(
    protocol: Protocol | None, outcome: Outcome, *, is_told: bool
) -> None:
    assert told_before(sent(outcome, protocol), "2") == ([Telling(LINK)] if is_told else [])


@pytest.mark.parametrize(
    ("protocol", "outcome", "is_told"),
    [
        (Protocol.WEBMENTION, Outcome.SENT, True),
        (Protocol.WEBMENTION, Outcome.REFUSED, False),
        (Protocol.PINGBACK, Outcome.SENT, False),
        (Protocol.TRACKBACK, Outcome.SENT, False),
        (None, Outcome.NO_ENDPOINT, False),
    ],
)
def test_a_link_that_is_gone_is_told_to_those_who_know_of_it_by_webmention(
    protocol: Protocol | None, outcome: Outcome, *, is_told: bool
) -> None:
    expected = [Telling(LINK, is_removed=True)] if is_told else []
    assert told_before(sent(outcome, protocol), "2", still_links=False) == expected


def test_that_a_link_is_gone_is_told_once() -> None:
    assert told_before(sent(is_removed=True, version="2"), "2", still_links=False) == []
    assert told_before(sent(is_removed=True, version="2"), "3", still_links=False) == []


def test_a_link_that_comes_back_is_told_again() -> None:
    assert told_before(sent(is_removed=True, version="2"), "3") == [Telling(LINK)]


@pytest.mark.parametrize("is_removed", [False, True])
def test_what_failed_is_tried_so_often_and_no_more(*, is_removed: bool) -> None:
    telling = Telling(LINK, is_removed)
    failure = SendResult(LINK.raw, Outcome.FAILED, Protocol.WEBMENTION)
    before: Sent | None = None if not is_removed else sent()
    for attempts in range(1, MOST + 1):
        before = told(before, telling, failure, "2", NOW)
        assert before.attempts == attempts
        expected = [telling] if attempts < MOST else []
        assert told_before(before, "2", still_links=not is_removed) == expected


def test_the_tries_are_counted_anew_for_a_new_version() -> None:
    failure = SendResult(LINK.raw, Outcome.FAILED)
    assert told(sent(Outcome.FAILED, attempts=2), Telling(LINK), failure, "2", NOW).attempts == 1


def test_two_spellings_of_one_page_are_one_target() -> None:
    other = parse_url("HTTPS://Theirs.example:443/a?utm_source=x#part")
    assert to_tell([other], {LINK.key: sent()}, "1", MOST) == []
