"""Following a blog by its feed: when it is to be read next, and its hub's promise to tell us of what is new."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LONGEST_WAIT = timedelta(days=1)
"""However often a feed could not be read, or however sure a hub is to tell us, it is read once a day."""

_MOST_DOUBLINGS = 16


@dataclass(frozen=True, slots=True)
class Subscription:
    """
    Our subscription at a hub (WebSub section 5).

    `token` is in the address that the hub calls, `secret` is what it signs with; both are ours alone and the hub's.
    `asked_at` is when we asked for it; `ends_at` is until when the hub has promised to tell us, None if it has not.
    """

    hub: str
    topic: str
    token: str
    secret: str
    asked_at: datetime
    renew_at: datetime | None = None
    ends_at: datetime | None = None

    def is_active(self, now: datetime) -> bool:
        """Whether the hub's promise holds."""
        return self.ends_at is not None and now < self.ends_at


@dataclass(frozen=True, slots=True)
class Delivery:
    """A feed as a hub delivered it, undecoded."""

    body: bytes
    media_type: str
    charset: str


@dataclass(frozen=True, slots=True)
class FollowedFeed:
    """
    What is known of a site's feed.

    `etag` and `modified` are the validators of the last answer (RFC 9110 section 8.8); `read_at` is when it was last
    read, None if never: what stands in it then is not news. `failures` counts the tries in vain since; `detail` says
    what was wrong with the last one.
    """

    etag: str = ""
    modified: str = ""
    read_at: datetime | None = None
    failures: int = 0
    detail: str = ""
    subscription: Subscription | None = None
    delivery: Delivery | None = None


def after_reading(feed: FollowedFeed, etag: str, modified: str, now: datetime) -> FollowedFeed:
    """The record after the feed was read, or found to be as it was."""
    return replace(feed, etag=etag, modified=modified, read_at=now, failures=0, detail="", delivery=None)


def after_failure(feed: FollowedFeed, detail: str) -> FollowedFeed:
    """The record after a try in vain."""
    return replace(feed, failures=feed.failures + 1, detail=detail, delivery=None)


def next_reading(
    feed: FollowedFeed, every: timedelta, now: datetime, *, jitter: float, retry_after_s: float = 0
) -> datetime:
    """
    When the feed is to be read again.

    Regularly `every` so often; after each failure twice as late as before; as late as the server asked; and rarely
    while a hub tells us. Never later than in a day. `jitter` is a random number from 0 to 1, which keeps many from
    reading at once.
    """
    wait: timedelta = every * 2 ** min(feed.failures, _MOST_DOUBLINGS)
    if feed.subscription and feed.subscription.is_active(now):
        wait = LONGEST_WAIT
    wait = max(wait, timedelta(seconds=min(retry_after_s, LONGEST_WAIT.total_seconds())))
    return now + min(wait, LONGEST_WAIT) * (0.9 + jitter / 10)


def must_subscribe(subscription: Subscription | None, hub: str, topic: str, now: datetime) -> bool:
    """Whether to ask the hub: it is another one, its promise ends soon, or it has not answered for a day."""
    if subscription is None or (subscription.hub, subscription.topic) != (hub, topic):
        return True
    if subscription.renew_at is not None and now >= subscription.renew_at:
        return True
    return not subscription.is_active(now) and now - subscription.asked_at >= LONGEST_WAIT
