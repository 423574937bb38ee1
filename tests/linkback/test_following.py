"""When a blog's feed is read, and when its hub is asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.following import (
    LONGEST_WAIT,
    Delivery,
    FollowedFeed,
    Subscription,
    after_failure,
    after_reading,
    must_subscribe,
    next_reading,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
EVERY = timedelta(minutes=15)
HUB, TOPIC = "https://hub.example/", "https://ours.example/feed.xml"
ASKED = Subscription(HUB, TOPIC, "token", "secret", NOW)
PROMISED = replace(ASKED, renew_at=NOW + timedelta(days=8), ends_at=NOW + timedelta(days=10))


def wait(feed: FollowedFeed, *, retry_after_s: float = 0) -> timedelta:
    return next_reading(feed, EVERY, NOW, jitter=1, retry_after_s=retry_after_s) - NOW


def test_a_feed_is_read_regularly() -> None:
    assert wait(FollowedFeed()) == EVERY


def test_each_failure_doubles_the_wait_up_to_a_day() -> None:
    feed, waits = FollowedFeed(), []
    for _ in range(9):
        feed = after_failure(feed, "HTTP 500")
        waits.append(wait(feed))
    assert waits == [EVERY * 2**n for n in range(1, 7)] + [LONGEST_WAIT] * 3


def test_a_server_may_ask_for_a_longer_wait_up_to_a_day() -> None:
    assert wait(FollowedFeed(), retry_after_s=3600) == timedelta(hours=1)
    assert wait(FollowedFeed(), retry_after_s=1e12) == LONGEST_WAIT


def test_a_feed_is_read_once_a_day_while_its_hub_tells_us() -> None:
    assert wait(FollowedFeed(subscription=PROMISED)) == LONGEST_WAIT
    assert wait(FollowedFeed(subscription=ASKED)) == EVERY


@given(st.floats(0, 1), st.integers(0, 100_000))
def test_the_wait_is_spread_and_never_longer_than_a_day(jitter: float, failures: int) -> None:
    feed = FollowedFeed(failures=failures)
    at = next_reading(feed, EVERY, NOW, jitter=jitter)
    assert EVERY * 0.9 <= at - NOW <= LONGEST_WAIT


def test_a_feed_that_was_read_has_no_failures_and_nothing_delivered_any_more() -> None:
    before = FollowedFeed(failures=3, detail="HTTP 500", delivery=Delivery(b"x", "", ""), subscription=ASKED)
    after = after_reading(before, "e", "m", NOW)
    assert after == FollowedFeed(etag="e", modified="m", read_at=NOW, subscription=ASKED)


@pytest.mark.parametrize(
    ("subscription", "after", "must"),
    [
        (None, timedelta(0), True),
        (ASKED, timedelta(hours=23), False),
        (ASKED, timedelta(days=1), True),
        (PROMISED, timedelta(days=7), False),
        (PROMISED, timedelta(days=8), True),
        (PROMISED, timedelta(days=11), True),
        (replace(PROMISED, hub="https://old.example/"), timedelta(0), True),
        (replace(PROMISED, topic="https://ours.example/old.xml"), timedelta(0), True),
    ],
)
def test_a_hub_is_asked_when_its_promise_is_wanted(
    subscription: Subscription | None, after: timedelta, *, must: bool
) -> None:
    assert must_subscribe(subscription, HUB, TOPIC, NOW + after) is must
