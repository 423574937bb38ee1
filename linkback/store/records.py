"""Mentions and posts as the fields of a hash, and back; times are milliseconds since 1970, absent fields empty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from linkback.mentions import Kind, Mention, Protocol, Reason, Received, State

EMPTY = ""


@dataclass(frozen=True, slots=True)
class PostFacts:
    """
    What is known of a post, from its own page and its blog's feed.

    `url` is where it can be read, `seen_at` when its page was looked at; `changed_at` is when something about it or
    its visible mentions last changed. All are empty or None for a post that nothing is known of.
    """

    url: str = ""
    title: str = ""
    language: str = ""
    seen_at: datetime | None = None
    changed_at: datetime | None = None
    published_at: datetime | None = None


def to_ms(when: datetime) -> int:
    """Milliseconds since 1970."""
    return round(when.timestamp() * 1000)


def from_ms(text: str | float | None) -> datetime | None:
    """The time of a field, None if the field is absent or empty."""
    return datetime.fromtimestamp(float(text) / 1000, UTC) if text else None


def received_fields(received: Received, now: datetime) -> dict[str, str | int]:
    """The hash of a mention that has just been received, without what is empty; its id is in the key."""
    ping = received.ping
    fields: dict[str, str | int] = {
        "site": received.post.site.id,
        "post": received.post.key,
        "protocol": ping.protocol,
        "source": received.source.raw,
        "target": received.target.raw,
        "state": State.QUEUED,
        "reason": Reason.WAITING,
        "received_at": to_ms(now),
    }
    said = (("title", ping.title), ("excerpt", ping.excerpt), ("site_name", ping.site_name))
    fields.update((name, text) for name, text in said if text)
    return fields


def changed_fields(before: Mention, after: Mention) -> dict[str, str | int]:
    """The fields in which two records of a mention differ, with the newer values."""
    old = all_fields(before)
    return {name: value for name, value in all_fields(after).items() if value != old[name]}


def post_fields(facts: PostFacts) -> dict[str, str | int]:
    """The fields of a post's hash that its page tells; the store keeps the others itself."""
    return {
        "url": facts.url,
        "title": facts.title,
        "language": facts.language,
        "seen_at": ms_or_empty(facts.seen_at),
    }


def learnt_fields(facts: PostFacts) -> dict[str, str | int]:
    """The fields of a post's hash that its blog's feed tells, without those that it leaves open."""
    fields: dict[str, str | int] = {
        "url": facts.url,
        "title": facts.title,
        "language": facts.language,
        "published_at": ms_or_empty(facts.published_at),
        "seen_at": ms_or_empty(facts.seen_at),
    }
    return {name: value for name, value in fields.items() if value != EMPTY}


def ms_or_empty(when: datetime | None) -> str | int:
    """A time as a field, empty for None."""
    return EMPTY if when is None else to_ms(when)


def all_fields(mention: Mention) -> dict[str, str | int]:
    """The whole hash of a mention, but for its number, which the store gives."""
    return {
        "site": mention.site_id,
        "post": mention.post_key,
        "protocol": mention.protocol,
        "source": mention.source,
        "target": mention.target,
        "state": mention.state,
        "reason": mention.reason,
        "received_at": to_ms(mention.received_at),
        "checked_at": ms_or_empty(mention.checked_at),
        "asked_at": ms_or_empty(mention.asked_at),
        "failing_since": ms_or_empty(mention.failing_since),
        "attempts": mention.attempts or EMPTY,
        "detail": mention.detail,
        "title": mention.title,
        "excerpt": mention.excerpt,
        "site_name": mention.site_name,
        "kind": mention.kind,
        "url": mention.url,
        "author": mention.author,
        "author_url": mention.author_url,
        "author_photo": mention.author_photo,
        "content": mention.content,
        "rsvp": mention.rsvp,
        "language": mention.language,
        "published_at": ms_or_empty(mention.published_at),
    }


def flat(fields: Mapping[str, str | int]) -> list[str | int]:
    """Names and values in turn, as scripts take them."""
    return [part for pair in fields.items() for part in pair]


def read_hash(reply: Sequence[str]) -> dict[str, str]:
    """The fields of a hash as the server tells them: names and values in turn."""
    return dict(zip(reply[::2], reply[1::2], strict=True))


def read_mention(mention_id: str, fields: Mapping[str, str]) -> Mention:
    """The mention of a hash."""
    received_at = from_ms(fields["received_at"])
    assert received_at is not None, mention_id  # noqa: S101 - receive.lua writes it with the record
    return Mention(
        id=mention_id,
        site_id=fields["site"],
        post_key=fields["post"],
        protocol=Protocol(fields["protocol"]),
        source=fields["source"],
        target=fields["target"],
        state=State(fields["state"]),
        reason=Reason(fields["reason"]),
        received_at=received_at,
        checked_at=from_ms(fields.get("checked_at")),
        number=int(fields.get("number") or 0),
        asked_at=from_ms(fields.get("asked_at")),
        failing_since=from_ms(fields.get("failing_since")),
        attempts=int(fields.get("attempts") or 0),
        detail=fields.get("detail", ""),
        title=fields.get("title", ""),
        excerpt=fields.get("excerpt", ""),
        site_name=fields.get("site_name", ""),
        kind=Kind(fields.get("kind") or Kind.MENTION),
        url=fields.get("url", ""),
        author=fields.get("author", ""),
        author_url=fields.get("author_url", ""),
        author_photo=fields.get("author_photo", ""),
        content=fields.get("content", ""),
        rsvp=fields.get("rsvp", ""),
        language=fields.get("language", ""),
        published_at=from_ms(fields.get("published_at")),
    )


def read_post(fields: Mapping[str, str]) -> PostFacts:
    """The facts of a post's hash, which may be empty."""
    return PostFacts(
        url=fields.get("url", ""),
        title=fields.get("title", ""),
        language=fields.get("language", ""),
        published_at=from_ms(fields.get("published_at")),
        seen_at=from_ms(fields.get("seen_at")),
        changed_at=from_ms(fields.get("changed_at")),
    )
