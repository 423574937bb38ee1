"""What was found when a source was looked at, and what follows from it for the mention."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus

from linkback.mentions import STANDING, WATCHED, Kind, Mention, Protocol, Reason, State
from linkback.sites import Linkbacks

LONGEST_WAIT = timedelta(days=1)

LOOKS_IN_GRACE = 4
"""How many looks before the last one must have failed as well, before a mention that stands is touched."""

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class FailureKind(StrEnum):
    """Why a page could not be fetched; senders never learn which (they could scan networks by it)."""

    ADDRESS_REFUSED = "address_refused"
    NO_SUCH_HOST = "no_such_host"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    BAD_REDIRECT = "bad_redirect"
    BAD_ENCODING = "bad_encoding"
    BAD_ANSWER = "bad_answer"
    STATUS = "status"


LASTING = frozenset({FailureKind.ADDRESS_REFUSED, FailureKind.BAD_REDIRECT, FailureKind.BAD_ENCODING})
"""Failures that a second try would meet again."""

PASSING_STATUSES = frozenset(
    {HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)
"""Client errors that a later try may not meet; 404, since static sites ping before they are online."""

MISSING_STATUSES = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
"""Statuses by which a blog says that it has no such post."""


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """A page that could not be fetched; `detail` is for the owner, `retry_after` in seconds as the server asked."""

    kind: FailureKind
    detail: str
    status: int | None = None
    retry_after: float | None = None

    @property
    def is_gone(self) -> bool:
        """Whether the server says that the page is gone for good (RFC 9110 section 15.5.11)."""
        return self.status == HTTPStatus.GONE

    @property
    def is_missing(self) -> bool:
        """Whether the server says that there is no such page."""
        return self.status in MISSING_STATUSES

    @property
    def is_passing(self) -> bool:
        """Whether a later try may do better."""
        if self.kind is FailureKind.STATUS and self.status is not None:
            return self.status >= HTTPStatus.INTERNAL_SERVER_ERROR or self.status in PASSING_STATUSES
        return self.kind not in LASTING


@dataclass(frozen=True, slots=True)
class PageReading:
    """
    What a page says; texts are plain and cropped, empty where the page has none; `content` is safe HTML.

    `author_page` is where its author is to be found, if the page does not say more of its author than that. `is_gone`
    says that this is but the tombstone of the page that was here.
    """

    links_to_target: bool
    is_gone: bool = False
    title: str = ""
    excerpt: str = ""
    kind: Kind = Kind.MENTION
    url: str = ""
    author: str = ""
    author_url: str = ""
    author_photo: str = ""
    author_page: str = ""
    content: str = ""
    rsvp: str = ""
    site_name: str = ""
    language: str = ""
    canonical: str = ""
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision about a mention; `reading` is what its source says, where it was read and still counts."""

    state: State
    reason: Reason
    detail: str = ""
    reading: PageReading | None = None


@dataclass(frozen=True, slots=True)
class TryAgain:
    """No decision yet, but a time for the next look; `detail` says why this one was not enough."""

    at: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class Rules:
    """
    What the owner decided beforehand.

    `linkbacks` is what the site does with genuine linkbacks; `retry_delays` says how long to wait after the first
    failure at a new source, the second, and so on: after the last one we give up. The source of a mention that stands
    is looked at `every` so often; what is missing there must be missing for so long as `grace` before it counts.
    """

    linkbacks: Linkbacks
    retry_delays: Sequence[timedelta]
    every: timedelta
    grace: timedelta


def judge(
    mention: Mention, found: PageReading | FetchFailed, rules: Rules, now: datetime, jitter: float
) -> Verdict | TryAgain:
    """
    Decide about a mention from what was found at its source.

    Who asks for another look at a source that no longer links has its mention withdrawn at once (Webmention section
    3.2.4), and so has a page that says that it is gone for good. Otherwise a mention that stands goes on standing while
    the grace lasts: hosts have bad days.

    Args:
        mention: the record before the decision, whose `attempts` counts the failed tries before this one.
        found: what the look found.
        rules: what the owner decided.
        now: the time of the look.
        jitter: a random number from 0 to 1, which spreads the next tries of many mentions.

    """
    if mention.reason is Reason.BY_OWNER and mention.state in {State.SPAM, State.DELETED}:
        return Verdict(mention.state, mention.reason, mention.detail)
    if isinstance(found, PageReading) and found.links_to_target:
        return _accept(mention, found, rules)
    verdict = _absence(mention, found)
    is_certain = found.is_gone
    if mention.state in STANDING:
        is_certain = is_certain or (isinstance(found, PageReading) and mention.asked_at is not None)
        return verdict if is_certain else _wait_for_grace(mention, verdict, rules, now, jitter)
    may_wait = mention.state is State.QUEUED and mention.attempts < len(rules.retry_delays)
    if isinstance(found, FetchFailed) and found.is_passing and may_wait:
        return TryAgain(_next_try(rules.retry_delays[mention.attempts], found, now, jitter), found.detail)
    return verdict


def judge_missing_target(mention: Mention, failure: FetchFailed) -> Verdict:
    """Decide about a mention whose post does not exist."""
    return Verdict(_withdrawn(mention), Reason.TARGET_GONE, failure.detail)


def give_up(mention: Mention, reason: Reason, detail: str) -> Verdict:
    """Decide about a mention whose source cannot be looked at; what stands goes on standing."""
    if mention.state in STANDING:
        return Verdict(mention.state, mention.reason, detail)
    return Verdict(State.REJECTED, reason, detail)


def next_look(mention: Mention, every: timedelta, now: datetime) -> datetime | None:
    """
    When the source of a mention is to be looked at again, half a turn from now at the soonest; None for never.

    Each mention has its own moment within the turn, made of its id, so that the looks are spread out evenly however
    many mentions came in at once.
    """
    if mention.state not in WATCHED:
        return None
    moment = _BEGINNING + every * (int(mention.id[:8], 16) / 0x1_0000_0000)
    turns = math.ceil((now + every / 2 - moment) / every)
    return moment + turns * every


def settled(mention: Mention, verdict: Verdict, now: datetime) -> Mention:
    """
    The record after the verdict.

    What the sender of a trackback says about its page goes before what the page says: that is what the protocol is
    for. The link itself was found on the page.
    """
    after = replace(
        mention,
        state=verdict.state,
        reason=verdict.reason,
        detail=verdict.detail,
        checked_at=now,
        asked_at=None,
        failing_since=None,
        attempts=0,
    )
    reading = verdict.reading
    if reading is None:
        return after
    says = mention.protocol is Protocol.TRACKBACK
    return replace(
        after,
        title=(says and mention.title) or reading.title,
        excerpt=(says and mention.excerpt) or reading.excerpt,
        site_name=(says and mention.site_name) or reading.site_name,
        kind=reading.kind,
        url=reading.url,
        author=reading.author,
        author_url=reading.author_url,
        author_photo=reading.author_photo,
        content=reading.content,
        rsvp=reading.rsvp,
        language=reading.language,
        published_at=reading.published_at and min(reading.published_at, now),
    )


def postponed(mention: Mention, again: TryAgain, now: datetime) -> Mention:
    """The record after a look that failed and will be repeated."""
    return replace(
        mention,
        reason=Reason.SOURCE_UNREADABLE if mention.state is State.QUEUED else mention.reason,
        detail=again.detail,
        checked_at=now,
        failing_since=mention.failing_since or now,
        attempts=mention.attempts + 1,
    )


def _accept(mention: Mention, found: PageReading, rules: Rules) -> Verdict:
    if mention.state in STANDING:
        reason = Reason.LINKS if mention.reason is Reason.SOURCE_LOST else mention.reason
        return Verdict(mention.state, reason, reading=found)
    if rules.linkbacks is Linkbacks.APPROVE:
        return Verdict(State.APPROVED, Reason.LINKS, reading=found)
    return Verdict(State.HELD, Reason.HELD_FOR_OWNER, reading=found)


def _absence(mention: Mention, found: PageReading | FetchFailed) -> Verdict:
    """What follows if no link is found, and never will be; what a silent host once said goes on standing."""
    if isinstance(found, PageReading) and found.is_gone:
        return Verdict(_withdrawn(mention), Reason.SOURCE_GONE, "The source says that it is gone.")
    if isinstance(found, PageReading):
        return Verdict(_withdrawn(mention), Reason.NO_LINK, "The source does not link to the post.")
    if found.is_gone or (found.is_missing and mention.state in STANDING):
        return Verdict(_withdrawn(mention), Reason.SOURCE_GONE, found.detail)
    tries = f"{found.detail} (tries: {mention.attempts + 1})"
    if mention.state in STANDING:
        return Verdict(mention.state, _lost(mention), tries)
    return Verdict(State.REJECTED, Reason.SOURCE_UNREADABLE, tries)


def _lost(mention: Mention) -> Reason:
    """Readers are told where a source is not to be had any more; what is held goes on being held for the owner."""
    return Reason.SOURCE_LOST if mention.state is State.APPROVED else mention.reason


def _wait_for_grace(
    mention: Mention, verdict: Verdict, rules: Rules, now: datetime, jitter: float
) -> Verdict | TryAgain:
    is_over = now - (mention.failing_since or now) >= rules.grace and mention.attempts >= LOOKS_IN_GRACE
    is_known = (verdict.state, verdict.reason) == (mention.state, mention.reason)
    if is_over or is_known:
        return verdict
    return TryAgain(now + rules.grace / LOOKS_IN_GRACE * (1 + jitter / 10), verdict.detail)


def _withdrawn(mention: Mention) -> State:
    return State.DELETED if mention.state in STANDING else State.REJECTED


def _next_try(delay: timedelta, failure: FetchFailed, now: datetime, jitter: float) -> datetime:
    spread = delay * (0.75 + jitter / 2)
    asked = timedelta(seconds=failure.retry_after or 0)
    return now + min(max(spread, asked), LONGEST_WAIT)
