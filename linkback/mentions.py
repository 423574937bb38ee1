"""A mention, our record of one source that links to one of our posts; its states; and what may become one."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from linkback.sites import Linkbacks, Post, Sites
from linkback.urls import Url, UrlError, parse_url


class Protocol(StrEnum):
    """How a mention came to us."""

    PINGBACK = "pingback"
    TRACKBACK = "trackback"
    WEBMENTION = "webmention"


class Kind(StrEnum):
    """What a source does with the post that it links to."""

    MENTION = "mention"
    REPLY = "reply"
    LIKE = "like"
    REPOST = "repost"
    BOOKMARK = "bookmark"
    RSVP = "rsvp"


class State(StrEnum):
    """Where a mention stands."""

    QUEUED = "queued"
    APPROVED = "approved"
    HELD = "held"
    SPAM = "spam"
    REJECTED = "rejected"
    DELETED = "deleted"


VISIBLE = frozenset({State.APPROVED})
"""States that readers see."""

WATCHED = frozenset({State.APPROVED, State.HELD})
"""States of a mention whose source is looked at again from time to time."""

STANDING = frozenset({State.APPROVED, State.HELD, State.SPAM})
"""States of a mention whose source was verified and that is kept."""

RENEWABLE = frozenset({State.REJECTED, State.DELETED})
"""States in which a new ping is as good as the first one."""


class Reason(StrEnum):
    """Why a mention stands where it does."""

    WAITING = "waiting"
    LINKS = "links"
    HELD_FOR_OWNER = "held_for_owner"
    SOURCE_UNREADABLE = "source_unreadable"
    SOURCE_GONE = "source_gone"
    SOURCE_LOST = "source_lost"
    NO_LINK = "no_link"
    TARGET_GONE = "target_gone"
    BY_OWNER = "by_owner"


class RefusalReason(StrEnum):
    """Why a ping does not even become a mention."""

    BAD_SOURCE = "bad_source"
    BAD_TARGET = "bad_target"
    SAME_PAGE = "same_page"
    FOREIGN_TARGET = "foreign_target"
    CLOSED = "closed"
    BLOCKED = "blocked"
    ALREADY_REGISTERED = "already_registered"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Ping:
    """One incoming request, decoded; nothing in it has been checked yet."""

    protocol: Protocol
    source: str
    target: str
    title: str = ""
    excerpt: str = ""
    site_name: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A ping that is not received; `about` is the URL that is at fault, `why` says what is wrong with it."""

    reason: RefusalReason
    about: str
    why: str


@dataclass(frozen=True, slots=True)
class Received:
    """
    A ping that may become a mention: its URLs are usable and its target is one of our posts.

    `id` is the identity of the mention, which no second ping changes, by whatever protocol it comes.
    """

    ping: Ping
    source: Url
    target: Url
    post: Post
    id: str


@dataclass(frozen=True, slots=True)
class Mention:
    """
    Our record of one (source, target).

    Texts are plain, but for `content`, which is safe HTML. `target` is the URL as the sender wrote it, with its
    fragment; `url` is where the source itself says that it can be read. `checked_at` is when the source was last looked
    at, None until then; `asked_at` is when somebody asked for another look that has not been made yet.
    `failing_since` is the first of the looks that have failed in a row, `attempts` their number. `detail` is for the
    owner alone. `rsvp` is the answer of a source of that kind, such as "yes". `number` tells the order in which
    mentions became visible, 0 for one that never was.
    """

    id: str
    site_id: str
    post_key: str
    protocol: Protocol
    source: str
    target: str
    state: State
    reason: Reason
    received_at: datetime
    number: int = 0
    checked_at: datetime | None = None
    asked_at: datetime | None = None
    failing_since: datetime | None = None
    attempts: int = 0
    detail: str = ""
    title: str = ""
    excerpt: str = ""
    site_name: str = ""
    kind: Kind = Kind.MENTION
    url: str = ""
    author: str = ""
    author_url: str = ""
    author_photo: str = ""
    content: str = ""
    rsvp: str = ""
    language: str = ""
    published_at: datetime | None = None


def mention_id(source: Url, post: Post) -> str:
    """A UUID (RFC 9562, version 8) made of the source's and the post's canonical forms."""
    digest = hashlib.sha256(f"{source.key}\n{post.site.id}\n{post.path}".encode()).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-8{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


def screen(ping: Ping, sites: Sites) -> Received | Refusal:
    """Say whether a ping may enter: two usable URLs, a target of ours that takes linkbacks, a source elsewhere."""
    try:
        target = parse_url(ping.target)
    except UrlError as error:
        return Refusal(RefusalReason.BAD_TARGET, ping.target, error.why)
    post = sites.locate(target)
    if post is None:
        return Refusal(RefusalReason.FOREIGN_TARGET, ping.target, "belongs to no site that is served here.")
    if post.site.linkbacks is Linkbacks.CLOSED:
        return Refusal(RefusalReason.CLOSED, ping.target, "takes no linkbacks.")
    source = _screen_source(ping.source, post, sites)
    if isinstance(source, Refusal):
        return source
    return Received(ping, source, target, post, mention_id(source, post))


def _screen_source(text: str, post: Post, sites: Sites) -> Url | Refusal:
    try:
        source = parse_url(text)
    except UrlError as error:
        return Refusal(RefusalReason.BAD_SOURCE, text, error.why)
    if sites.locate(source) == post:
        return Refusal(RefusalReason.SAME_PAGE, text, "is the post itself.")
    if post.site.blocks(source):
        return Refusal(RefusalReason.BLOCKED, text, "is on a site whose links are not taken here.")
    return source
