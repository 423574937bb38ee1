"""Choosing among visible mentions as a client of the API asks: which kinds, since when, which page."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from linkback.mentions import Kind, Mention

MOST_READ = 10_000
"""So many of the newest mentions that are asked about are looked at; what is older is neither told nor counted."""

MOST_PER_PAGE = 10_000
USUAL_PER_PAGE = 20

Chosen = TypeVar("Chosen")

PROPERTIES = {
    Kind.REPLY: "in-reply-to",
    Kind.LIKE: "like-of",
    Kind.REPOST: "repost-of",
    Kind.BOOKMARK: "bookmark-of",
    Kind.RSVP: "rsvp",
    Kind.MENTION: "mention-of",
}
"""What webmention.io calls the kinds, after microformats."""


class QueryError(ValueError):
    """A parameter that cannot be used; the text names it, and says what it can be."""


class SortBy(StrEnum):
    """What mentions are put in order by."""

    CREATED = "created"
    UPDATED = "updated"
    PUBLISHED = "published"
    RSVP = "rsvp"


@dataclass(frozen=True, slots=True)
class Query:
    """
    What a client wants to see; pages are counted from 0.

    `kinds` are all if empty; `since` is a time of arrival, and `since_id` a number, that all must be later than.
    """

    kinds: frozenset[Kind] = frozenset()
    since: datetime | None = None
    since_id: int = 0
    sort_by: SortBy = SortBy.CREATED
    is_ascending: bool = False
    page: int = 0
    per_page: int = USUAL_PER_PAGE

    @property
    def reach(self) -> int:
        """How many of the newest mentions hold the page: all that are looked at, unless it is simply the newest."""
        chooses = bool(self.kinds or self.since or self.since_id)
        if chooses or self.is_ascending or self.sort_by is not SortBy.CREATED:
            return MOST_READ
        return min((self.page + 1) * self.per_page, MOST_READ)


def read_query(parameters: Mapping[str, Sequence[str]]) -> Query:
    """
    Read the parameters of a request as webmention.io names them, old and short names among them.

    Raises:
        QueryError: if one of them cannot be used.

    """
    given = {name: values[-1].strip() for name, values in parameters.items() if values and values[-1].strip()}
    wanted = [*parameters.get("wm-property", ()), *parameters.get("wm-property[]", ())]
    return Query(
        kinds=frozenset(_choice("wm-property", _OTHER_NAMES.get(name, name), _KINDS) for name in wanted if name),
        since=_moment("since", given["since"]) if "since" in given else None,
        since_id=_number("since_id", given.get("since_id", "0"), 1 << 53),
        sort_by=_choice("sort-by", given.get("sort-by", "created"), {order.value: order for order in SortBy}),
        is_ascending=_choice("sort-dir", given.get("sort-dir", "down"), {"up": True, "down": False}),
        page=_number("page", given.get("page", "0"), MOST_PER_PAGE),
        per_page=_number("per-page", given.get("per-page") or given.get("perPage", str(USUAL_PER_PAGE)), MOST_PER_PAGE),
    )


def matching(mentions: Iterable[Mention], query: Query) -> list[Mention]:
    """All that the query is about, in no order."""
    return [
        mention
        for mention in mentions
        if (not query.kinds or mention.kind in query.kinds)
        and (query.since is None or mention.received_at > query.since)
        and mention.number > query.since_id
    ]


def page_of(mentions: Iterable[Mention], query: Query) -> list[Mention]:
    """The page that the query asks for, in its order; those without what it is put in order by come last."""
    key = _KEYS[query.sort_by]
    with_key = [mention for mention in mentions if key(mention) is not None]
    without = [mention for mention in mentions if key(mention) is None]
    # What arrived in the same millisecond is in the store's order, so that pages of different reach fit together.
    with_key.sort(key=lambda mention: (key(mention), mention.id), reverse=not query.is_ascending)
    start = query.page * query.per_page
    return [*with_key, *without][start : start + query.per_page]


_KINDS = {name: kind for kind, name in PROPERTIES.items()}
_OTHER_NAMES = {name: PROPERTIES[kind] for kind in Kind for name in (kind.value, f"{kind}-of")}

_KEYS: dict[SortBy, Callable[[Mention], datetime | str | None]] = {
    SortBy.CREATED: lambda mention: mention.received_at,
    SortBy.UPDATED: lambda mention: mention.checked_at,
    SortBy.PUBLISHED: lambda mention: mention.published_at or mention.received_at,
    SortBy.RSVP: lambda mention: mention.rsvp or None,
}


def _choice(name: str, text: str, choices: Mapping[str, Chosen]) -> Chosen:
    if text not in choices:
        message = f"{name} is one of {', '.join(choices)}; {text[:100]!r} is none of them."
        raise QueryError(message)
    return choices[text]


def _number(name: str, text: str, most: int) -> int:
    if not (text.isascii() and text.isdigit()):
        message = f"{name} is a number, 0 or more; {text[:100]!r} is none."
        raise QueryError(message)
    return min(int(text[:18]), most)


def _moment(name: str, text: str) -> datetime:
    try:
        # A plus sign that was not percent-encoded has become a space.
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        message = f"{name} is a time such as 2026-01-02T03:04:05Z; {text[:100]!r} is none."
        raise QueryError(message) from error
