"""A comment, what a person writes under a post of ours; what may become one, and by which rules it is shown."""

import hashlib
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain

from linkback.mentions import State
from linkback.sites import Comments, Post, Site
from linkback.urls import UrlError, parse_url

LONGEST_NAME = 100
LONGEST_EMAIL = 254
LONGEST_WEBSITE = 500
LONGEST_TEXT = 10_000

COMMENT_VERSION = 7
"""The ids of comments are UUIDs of this version (RFC 9562 section 5.7); those of mentions are of another."""

MOST_LINKS = 2
"""A comment with more of them is looked at by the owner first."""

QUICKEST = timedelta(seconds=1)
STALEST = timedelta(days=7)
"""A form that is sent sooner than QUICKEST after it was made, or later than STALEST, was not filled in by a reader."""

_EMAIL = re.compile(r"[^@\s<>\"',;:]+@[^@\s<>\"',;:]+\.[^@\s<>\"',;:.]+")
_LINK = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)


class Standing(StrEnum):
    """Why a comment stands where it does."""

    WELCOME = "welcome"
    FIRST_TIME = "first_time"
    FOR_OWNER = "for_owner"
    UNPROVEN = "unproven"
    MANY_LINKS = "many_links"
    TRAPPED = "trapped"
    BLOCKED = "blocked"
    BY_OWNER = "by_owner"
    BY_WRITER = "by_writer"


class Problem(StrEnum):
    """What is wrong with something that was written; each is about one field."""

    NAME_MISSING = "name_missing"
    NAME_TOO_LONG = "name_too_long"
    EMAIL_MISSING = "email_missing"
    EMAIL_UNUSABLE = "email_unusable"
    WEBSITE_UNUSABLE = "website_unusable"
    TEXT_MISSING = "text_missing"
    TEXT_TOO_LONG = "text_too_long"
    PARENT_UNKNOWN = "parent_unknown"

    @property
    def field(self) -> str:
        """The name of the field that it is about."""
        field = self.value.partition("_")[0]
        return "in_reply_to" if field == "parent" else field


@dataclass(frozen=True, slots=True)
class Draft:
    """
    What somebody has sent, decoded; nothing in it has been checked yet.

    `trap` is a field that people do not see and so leave empty; `made_at` is when the form was made that it came by,
    None if it did not come by a form of ours.
    """

    name: str = ""
    email: str = ""
    website: str = ""
    text: str = ""
    in_reply_to: str = ""
    trap: str = ""
    made_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """
    A comment as everybody may know it. An e-mail address is no part of it: the store keeps that apart.

    `html` is safe; `text` is what was typed. `in_reply_to` is the id of the comment or mention that it answers, empty
    if that is the post. `number` tells the order in which comments became visible, 0 for one that never was.
    """

    id: str
    site_id: str
    post_key: str
    target: str
    state: State
    standing: Standing
    received_at: datetime
    name: str
    website: str
    text: str
    html: str
    in_reply_to: str = ""
    edited_at: datetime | None = None
    number: int = 0


def problems_of(draft: Draft, site: Site) -> tuple[Problem, ...]:
    """Everything that is wrong with a draft, in the order of the form's fields."""
    return tuple(chain(_of_name(draft), _of_email(draft, site), _of_website(draft), _of_text(draft)))


def judge_comment(draft: Draft, site: Site, now: datetime, *, is_known_writer: bool) -> tuple[State, Standing]:
    """Say whether a draft without problems is shown, held for the owner, or spam, and why."""
    age = None if draft.made_at is None else now - draft.made_at
    rules = (
        (bool(draft.trap), State.SPAM, Standing.TRAPPED),
        (_names_blocked(draft, site), State.SPAM, Standing.BLOCKED),
        (site.comments is Comments.HOLD, State.HELD, Standing.FOR_OWNER),
        (age is None or not QUICKEST <= age <= STALEST, State.HELD, Standing.UNPROVEN),
        (len(_LINK.findall(draft.text)) > MOST_LINKS, State.HELD, Standing.MANY_LINKS),
        (site.comments is Comments.HOLD_FIRST and not is_known_writer, State.HELD, Standing.FIRST_TIME),
    )
    decided = ((state, standing) for applies, state, standing in rules if applies)
    return next(decided, (State.APPROVED, Standing.WELCOME))


def comment_id(ms: int, chance: int) -> str:
    """A UUID of version 7, of the time in milliseconds and 74 bits of chance."""
    value = (ms & (1 << 48) - 1) << 80 | COMMENT_VERSION << 76 | (chance >> 62 & 0xFFF) << 64
    return str(uuid.UUID(int=value | 2 << 62 | chance & (1 << 62) - 1))


def writer_of(email: str) -> str:
    """What stands for somebody who writes again and again under one address; "" for one who gives none."""
    return hashlib.sha256(f"writer {email.strip().lower()}".encode()).hexdigest()[:32] if email.strip() else ""


def double_of(draft: Draft, post: Post) -> str:
    """What two submissions have in common that are one: who presses a button twice wrote one comment."""
    parts = (post.key, draft.name, draft.email.lower(), draft.in_reply_to, draft.text)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def _of_name(draft: Draft) -> list[Problem]:
    if not draft.name:
        return [Problem.NAME_MISSING]
    return [Problem.NAME_TOO_LONG] if len(draft.name) > LONGEST_NAME else []


def _of_email(draft: Draft, site: Site) -> list[Problem]:
    if not draft.email:
        return [Problem.EMAIL_MISSING] if site.needs_email else []
    is_usable = len(draft.email) <= LONGEST_EMAIL and _EMAIL.fullmatch(draft.email)
    return [] if is_usable else [Problem.EMAIL_UNUSABLE]


def _of_website(draft: Draft) -> list[Problem]:
    if not draft.website:
        return []
    try:
        url = parse_url(draft.website)
    except UrlError:
        return [Problem.WEBSITE_UNUSABLE]
    return [] if len(url.text) <= LONGEST_WEBSITE else [Problem.WEBSITE_UNUSABLE]


def _of_text(draft: Draft) -> list[Problem]:
    if not draft.text.strip():
        return [Problem.TEXT_MISSING]
    return [Problem.TEXT_TOO_LONG] if len(draft.text) > LONGEST_TEXT else []


def _names_blocked(draft: Draft, site: Site) -> bool:
    for address in (draft.website, *_LINK.findall(draft.text)):
        try:
            if address and site.blocks(parse_url(address)):
                return True
        except UrlError:
            continue
    return False
