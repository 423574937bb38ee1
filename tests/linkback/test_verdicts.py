"""What follows from a look at a source, for every state a mention can be in."""

import itertools
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.mentions import STANDING, WATCHED, Mention, Protocol, Reason, State
from linkback.sites import Linkbacks
from linkback.verdicts import (
    LASTING,
    LONGEST_WAIT,
    LOOKS_IN_GRACE,
    FailureKind,
    FetchFailed,
    PageReading,
    Rules,
    TryAgain,
    Verdict,
    give_up,
    judge,
    judge_missing_target,
    next_look,
    postponed,
    settled,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DELAYS = (timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=4))
EVERY = timedelta(days=30)
GRACE = timedelta(days=7)
APPROVE = Rules(Linkbacks.APPROVE, DELAYS, EVERY, GRACE)
HOLD = Rules(Linkbacks.HOLD, DELAYS, EVERY, GRACE)

LINKS = PageReading(
    links_to_target=True,
    title="Their title",
    excerpt="their words",
    author="Alice",
    site_name="Their blog",
    language="fr",
    published_at=NOW - timedelta(days=1),
)
NO_LINK = PageReading(links_to_target=False, title="Pills")
TOMBSTONE = PageReading(links_to_target=False, is_gone=True)
GONE = FetchFailed(FailureKind.STATUS, "HTTP 410", 410)
TIMED_OUT = FetchFailed(FailureKind.TIMED_OUT, "timed out")
REFUSED = FetchFailed(FailureKind.ADDRESS_REFUSED, "10.0.0.1 is in an inner network")

APPROVED = Mention(
    id="12345678-0000-8000-8000-000000000001",
    site_id="ours",
    post_key="2",
    protocol=Protocol.PINGBACK,
    source="https://theirs.example/a",
    target="https://ours.example/post",
    state=State.APPROVED,
    reason=Reason.LINKS,
    received_at=NOW - timedelta(days=2),
    checked_at=NOW - timedelta(days=2),
    title="Older title",
    excerpt="older words",
)


def mention(state: State, attempts: int = 0) -> Mention:
    """A mention in this state, for the reason that it most often is in it."""
    reasons = {
        State.QUEUED: Reason.WAITING,
        State.APPROVED: Reason.LINKS,
        State.HELD: Reason.HELD_FOR_OWNER,
        State.SPAM: Reason.LINKS,
        State.REJECTED: Reason.NO_LINK,
        State.DELETED: Reason.SOURCE_GONE,
    }
    return replace(APPROVED, state=state, reason=reasons[state], attempts=attempts)


def failed(status: int) -> FetchFailed:
    return FetchFailed(FailureKind.STATUS, f"HTTP {status}", status)


def verdict(found: PageReading | FetchFailed, state: State, rules: Rules = APPROVE) -> tuple[State, Reason] | None:
    """The state and reason that it gives; None if it gives another try."""
    decision = judge(mention(state), found, rules, NOW, 0.5)
    return (decision.state, decision.reason) if isinstance(decision, Verdict) else None


# Rows: what was found. Columns: the states, in the order of the head. None: another try.
STATES = (State.QUEUED, State.APPROVED, State.HELD, State.SPAM, State.REJECTED, State.DELETED)
STANDS = [(state, mention(state).reason) for state in (State.APPROVED, State.HELD, State.SPAM)]
LINKED = (State.APPROVED, Reason.LINKS)
ON_HOLD = (State.HELD, Reason.HELD_FOR_OWNER)
UNLINKED = (State.REJECTED, Reason.NO_LINK)
UNREADABLE = (State.REJECTED, Reason.SOURCE_UNREADABLE)
REJECTED_GONE = (State.REJECTED, Reason.SOURCE_GONE)
DELETED_GONE = [(State.DELETED, Reason.SOURCE_GONE)] * 3
TABLE: list[tuple[PageReading | FetchFailed, Rules, list[tuple[State, Reason] | None]]] = [
    (LINKS, APPROVE, [LINKED, *STANDS, LINKED, LINKED]),
    (LINKS, HOLD, [ON_HOLD, *STANDS, ON_HOLD, ON_HOLD]),
    (NO_LINK, APPROVE, [UNLINKED, None, None, None, UNLINKED, UNLINKED]),
    (TOMBSTONE, APPROVE, [REJECTED_GONE, *DELETED_GONE, REJECTED_GONE, REJECTED_GONE]),
    (GONE, APPROVE, [REJECTED_GONE, *DELETED_GONE, REJECTED_GONE, REJECTED_GONE]),
    (TIMED_OUT, APPROVE, [None, None, *STANDS[1:], UNREADABLE, UNREADABLE]),
    (REFUSED, APPROVE, [UNREADABLE, None, *STANDS[1:], UNREADABLE, UNREADABLE]),
]
CASES = [
    pytest.param(found, rules, state, outcome, id=f"{name}-{state}")
    for name, (found, rules, row) in zip(
        ("links", "links, hold", "no link", "tombstone", "gone", "timed out", "refused"), TABLE, strict=True
    )
    for state, outcome in zip(STATES, row, strict=True)
]


@pytest.mark.parametrize(("found", "rules", "state", "outcome"), CASES)
def test_what_was_found_decides_by_the_state_before(
    found: PageReading | FetchFailed, rules: Rules, state: State, outcome: tuple[State, Reason] | None
) -> None:
    assert verdict(found, state, rules) == outcome


def test_the_table_names_every_state() -> None:
    assert set(STATES) == set(State)


def test_a_verdict_has_the_reading_only_if_the_page_links() -> None:
    for state, rules in itertools.product(State, (APPROVE, HOLD)):
        linking = judge(mention(state), LINKS, rules, NOW, 0.5)
        assert isinstance(linking, Verdict)
        assert linking.reading is LINKS
        unlinked = judge(replace(mention(state), asked_at=NOW), NO_LINK, rules, NOW, 0.5)
        assert isinstance(unlinked, Verdict)
        assert unlinked.reading is None


@pytest.mark.parametrize("kind", sorted(set(FailureKind) - LASTING - {FailureKind.STATUS}))
def test_a_failure_that_may_pass_leads_to_another_try(kind: FailureKind) -> None:
    failure = FetchFailed(kind, "why")
    assert judge(mention(State.QUEUED), failure, APPROVE, NOW, 0.5) == TryAgain(NOW + DELAYS[0], failure.detail)


@pytest.mark.parametrize("kind", sorted(LASTING))
def test_a_failure_that_lasts_is_decided_at_once(kind: FailureKind) -> None:
    expected = Verdict(State.REJECTED, Reason.SOURCE_UNREADABLE, "why (tries: 1)")
    assert judge(mention(State.QUEUED), FetchFailed(kind, "why"), APPROVE, NOW, 0.5) == expected


@pytest.mark.parametrize("status", [404, 408, 425, 429, 500, 502, 503, 504, 599])
def test_a_status_that_may_pass_leads_to_another_try(status: int) -> None:
    assert verdict(failed(status), State.QUEUED) is None


@pytest.mark.parametrize("status", [304, 400, 401, 403, 406, 418, 451])
def test_a_status_that_lasts_is_decided_at_once(status: int) -> None:
    assert verdict(failed(status), State.QUEUED) == UNREADABLE


def test_gone_and_missing_are_what_the_server_says() -> None:
    assert (failed(410).is_gone, failed(410).is_missing) == (True, True)
    assert (failed(404).is_gone, failed(404).is_missing) == (False, True)
    assert (failed(500).is_gone, failed(500).is_missing) == (False, False)
    assert (TIMED_OUT.is_gone, TIMED_OUT.is_missing) == (False, False)


def test_each_try_has_its_own_delay_and_after_the_last_one_we_give_up() -> None:
    for attempts, delay in enumerate(DELAYS):
        decision = judge(mention(State.QUEUED, attempts), TIMED_OUT, APPROVE, NOW, 0.5)
        assert decision == TryAgain(NOW + delay, TIMED_OUT.detail)
    last = judge(mention(State.QUEUED, len(DELAYS)), TIMED_OUT, APPROVE, NOW, 0.5)
    assert last == Verdict(State.REJECTED, Reason.SOURCE_UNREADABLE, "timed out (tries: 4)")


def test_without_delays_there_is_one_try() -> None:
    assert isinstance(judge(mention(State.QUEUED), TIMED_OUT, replace(APPROVE, retry_delays=()), NOW, 0.5), Verdict)


@given(st.floats(0, 1), st.integers(0, len(DELAYS) - 1))
def test_a_delay_is_spread_by_a_quarter_to_both_sides(jitter: float, attempts: int) -> None:
    decision = judge(mention(State.QUEUED, attempts), TIMED_OUT, APPROVE, NOW, jitter)
    assert isinstance(decision, TryAgain)
    assert DELAYS[attempts] * 0.75 <= decision.at - NOW <= DELAYS[attempts] * 1.25


def test_the_ends_of_the_spread_are_reached() -> None:
    waits = []
    for jitter in (0.0, 1.0):
        decision = judge(mention(State.QUEUED), TIMED_OUT, APPROVE, NOW, jitter)
        assert isinstance(decision, TryAgain)
        waits.append(decision.at - NOW)
    assert waits == [timedelta(seconds=45), timedelta(seconds=75)]


@pytest.mark.parametrize(
    ("retry_after", "wait"),
    [
        (None, DELAYS[0]),
        (0.0, DELAYS[0]),
        (30.0, DELAYS[0]),
        (600.0, timedelta(minutes=10)),
        (999_999_999.0, LONGEST_WAIT),
    ],
)
def test_a_server_may_ask_for_a_longer_wait_up_to_a_bound(retry_after: float | None, wait: timedelta) -> None:
    failure = FetchFailed(FailureKind.STATUS, "HTTP 503", 503, retry_after)
    assert judge(mention(State.QUEUED), failure, APPROVE, NOW, 0.5) == TryAgain(NOW + wait, failure.detail)


@dataclass
class Days:
    """A mention that stands, looked at again and again; each look is made when the one before asked for it."""

    mention: Mention
    now: datetime = NOW
    looks: int = 0

    def look(self, found: PageReading | FetchFailed) -> Mention:
        decision = judge(self.mention, found, APPROVE, self.now, 0.5)
        self.looks += 1
        if isinstance(decision, TryAgain):
            self.mention = postponed(self.mention, decision, self.now)
            self.now = decision.at
        else:
            self.mention = settled(self.mention, decision, self.now)
            self.now = next_look(self.mention, EVERY, self.now) or self.now
        return self.mention


@pytest.mark.parametrize("state", sorted(STANDING))
@pytest.mark.parametrize("found", [failed(404), NO_LINK], ids=["404", "no link"])
def test_a_source_found_without_its_link_is_withdrawn_after_a_week_of_looks_and_not_before(
    state: State, found: PageReading | FetchFailed
) -> None:
    days = Days(mention(state))
    while days.look(found).state is state:
        assert days.looks < 10
    assert days.now - NOW >= GRACE
    assert days.looks == LOOKS_IN_GRACE + 1
    assert days.mention.state is State.DELETED


@pytest.mark.parametrize("failure", [TIMED_OUT, REFUSED, failed(500), failed(403)], ids=lambda failure: failure.detail)
def test_a_host_that_vanishes_withdraws_nothing_and_its_mentions_are_marked_after_a_week(failure: FetchFailed) -> None:
    days = Days(mention(State.APPROVED))
    while days.look(failure).reason is Reason.LINKS:
        assert days.looks < 10
    assert days.now - NOW >= GRACE
    assert (days.mention.state, days.mention.reason) == (State.APPROVED, Reason.SOURCE_LOST)
    looks = days.looks
    assert days.look(failure).reason is Reason.SOURCE_LOST
    assert days.looks == looks + 1


def test_a_source_that_comes_back_within_the_grace_begins_anew() -> None:
    days = Days(mention(State.APPROVED))
    days.look(TIMED_OUT)
    days.look(TIMED_OUT)
    after = days.look(LINKS)
    assert (after.failing_since, after.attempts, after.reason) == (None, 0, Reason.LINKS)


def test_a_lost_source_that_comes_back_is_a_good_one_again() -> None:
    lost = replace(mention(State.APPROVED), reason=Reason.SOURCE_LOST)
    assert Days(lost).look(LINKS).reason is Reason.LINKS


@pytest.mark.parametrize("state", sorted(STANDING))
def test_a_sender_who_asks_for_a_look_at_a_page_without_the_link_has_it_withdrawn_at_once(state: State) -> None:
    asked = replace(mention(state), asked_at=NOW)
    after = Days(asked).look(NO_LINK)
    assert (after.state, after.reason, after.asked_at) == (State.DELETED, Reason.NO_LINK, None)


def test_a_look_that_was_asked_for_is_still_asked_for_after_a_failure() -> None:
    asked = replace(mention(State.APPROVED), asked_at=NOW)
    assert Days(asked).look(failed(500)).asked_at == NOW


@given(st.uuids(), st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds are naive
def test_the_next_look_comes_after_half_a_turn_and_before_one_and_a_half(mention_id: UUID, now: datetime) -> None:
    at = next_look(replace(APPROVED, id=str(mention_id)), EVERY, now)
    assert at is not None
    assert EVERY / 2 <= at - now <= EVERY * 3 / 2


def test_looks_at_mentions_that_came_all_at_once_are_spread_out_evenly() -> None:
    ids = [str(uuid5(UUID(int=0), str(number))) for number in range(10_000)]
    days: Counter[int] = Counter()
    for name in ids:
        at = next_look(replace(APPROVED, id=name), EVERY, NOW)
        assert at is not None
        days[(at - NOW).days] += 1
    assert len(days) in {30, 31}
    assert max(days.values()) < 1.25 * len(ids) / 30


def test_a_mention_keeps_its_turn_whenever_it_is_looked_at() -> None:
    name = replace(APPROVED, id=str(UUID(int=2**127 + 12345)))
    first = next_look(name, EVERY, NOW)
    assert first is not None
    second = next_look(name, EVERY, first)
    assert second == first + EVERY


@pytest.mark.parametrize("state", sorted(set(State) - WATCHED))
def test_only_what_is_watched_is_looked_at_again(state: State) -> None:
    assert next_look(mention(state), EVERY, NOW) is None


@pytest.mark.parametrize("state", [State.SPAM, State.DELETED])
@pytest.mark.parametrize("found", [LINKS, NO_LINK, GONE, TIMED_OUT], ids=["links", "no link", "gone", "timed out"])
def test_what_the_owner_has_put_away_stays_away(state: State, found: PageReading | FetchFailed) -> None:
    away = replace(mention(state), reason=Reason.BY_OWNER, asked_at=NOW)
    after = Days(away).look(found)
    assert (after.state, after.reason) == (state, Reason.BY_OWNER)


@pytest.mark.parametrize("state", State)
def test_a_mention_of_a_post_that_does_not_exist_is_withdrawn(state: State) -> None:
    withdrawn = State.DELETED if state in STANDING else State.REJECTED
    expected = Verdict(withdrawn, Reason.TARGET_GONE, "HTTP 404")
    assert judge_missing_target(mention(state), failed(404)) == expected


@pytest.mark.parametrize("state", State)
def test_giving_up_rejects_only_what_does_not_stand(state: State) -> None:
    before = mention(state)
    kept = Verdict(state, before.reason, "why")
    assert give_up(before, Reason.TARGET_GONE, "why") == (
        kept if state in STANDING else Verdict(State.REJECTED, Reason.TARGET_GONE, "why")
    )


def test_the_record_takes_over_what_the_page_says() -> None:
    before = mention(State.QUEUED, attempts=2)
    after = settled(before, Verdict(State.APPROVED, Reason.LINKS, reading=LINKS), NOW)
    assert after == replace(
        before,
        state=State.APPROVED,
        reason=Reason.LINKS,
        checked_at=NOW,
        attempts=0,
        title="Their title",
        excerpt="their words",
        author="Alice",
        site_name="Their blog",
        language="fr",
        published_at=NOW - timedelta(days=1),
    )


def test_the_words_of_a_trackbacks_sender_go_before_those_of_the_page() -> None:
    said = replace(
        mention(State.QUEUED), protocol=Protocol.TRACKBACK, title="Said", excerpt="", site_name="Their blog, said"
    )
    after = settled(said, Verdict(State.APPROVED, Reason.LINKS, reading=LINKS), NOW)
    assert (after.title, after.excerpt, after.site_name) == ("Said", "their words", "Their blog, said")
    assert (after.author, after.language) == ("Alice", "fr")


def test_a_verdict_without_a_reading_leaves_the_words_as_they_were() -> None:
    after = settled(mention(State.APPROVED), Verdict(State.DELETED, Reason.NO_LINK, "no link"), NOW)
    assert (after.state, after.reason, after.detail) == (State.DELETED, Reason.NO_LINK, "no link")
    assert (after.title, after.excerpt) == ("Older title", "older words")


def test_a_postponed_mention_waits_on_and_counts_the_try() -> None:
    before = mention(State.QUEUED, attempts=1)
    after = postponed(before, TryAgain(NOW + DELAYS[1], TIMED_OUT.detail), NOW)
    assert after == replace(
        before, reason=Reason.SOURCE_UNREADABLE, detail="timed out", checked_at=NOW, failing_since=NOW, attempts=2
    )
