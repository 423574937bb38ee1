"""What a post of ours has told the pages that it links to, and what it still has to tell them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from linkback.mentions import Protocol
from linkback.urls import Url, parse_url


class Outcome(StrEnum):
    """What became of a linkback that we sent."""

    SENT = "sent"
    ALREADY_KNOWN = "already_known"
    NO_ENDPOINT = "no_endpoint"
    FOUND = "found"
    REFUSED = "refused"
    FAILED = "failed"


UNSENT = frozenset({Outcome.REFUSED, Outcome.FAILED})
"""Outcomes after which a linkback that was wanted has not arrived; a later try may help if it has failed."""

_ARRIVED = frozenset({Outcome.SENT, Outcome.ALREADY_KNOWN})


@dataclass(frozen=True, slots=True)
class SendResult:
    """
    What became of one target.

    `target` is spelled as in the page; `status` is the HTTP status of the endpoint's answer, or of the target's where
    that could not be read; `answer` is what was said, in plain words; `location` is where the receiver says how the
    webmention fares.
    """

    target: str
    outcome: Outcome
    protocol: Protocol | None = None
    endpoint: str = ""
    status: int | None = None
    answer: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """
    The last that one target was told, at `at`.

    `version` is the state of the post that it was told of; `is_removed`, that the post no longer links to it.
    `attempts` counts the tries to tell it this, the last one too.
    """

    result: SendResult
    version: str
    at: datetime
    is_removed: bool = False
    attempts: int = 1

    @property
    def has_failed(self) -> bool:
        """Whether a later try may help."""
        return self.result.outcome is Outcome.FAILED


@dataclass(frozen=True, slots=True)
class Telling:
    """A target to be told that a post links to it, or no longer does."""

    target: Url
    is_removed: bool = False


def to_tell(links: Iterable[Url], sent: Mapping[str, Sent], version: str, most_attempts: int) -> list[Telling]:
    """
    Say whom a post has to tell something.

    A new link is told once. When the post has changed, those who take webmentions are told again, and those too to
    whom it no longer links (Webmention sections 3.1.4 and 3.1.5 as sent); a pingback or trackback that has arrived is
    never repeated, since those protocols know no update. What has failed is tried again.

    Args:
        links: where the post links to now.
        sent: what was told before, by the target's `Url.key`.
        version: the present state of the post.
        most_attempts: how often the same is tried.

    """
    now = {link.key: link for link in links}
    tellings = [Telling(link) for key, link in now.items() if _is_due(sent.get(key), version, most_attempts)]
    gone = (before for key, before in sent.items() if key not in now and _is_removal_due(before, most_attempts))
    return [*tellings, *(Telling(parse_url(before.result.target), is_removed=True) for before in gone)]


def told(before: Sent | None, telling: Telling, result: SendResult, version: str, now: datetime) -> Sent:
    """The record after a telling."""
    is_another_try = (
        before is not None
        and before.has_failed
        and (before.version, before.is_removed) == (version, telling.is_removed)
    )
    attempts = before.attempts + 1 if before and is_another_try else 1
    return Sent(result, version, now, telling.is_removed, attempts)


def _is_due(before: Sent | None, version: str, most_attempts: int) -> bool:
    if before is None or before.is_removed:
        return True
    if before.version == version:
        return before.has_failed and before.attempts < most_attempts
    return before.result.protocol is Protocol.WEBMENTION or before.result.outcome not in _ARRIVED


def _is_removal_due(before: Sent, most_attempts: int) -> bool:
    if before.is_removed:
        return before.has_failed and before.attempts < most_attempts
    return before.result.protocol is Protocol.WEBMENTION and before.result.outcome in _ARRIVED
