"""
What a comment feed says, in no format yet: a Feed and its Entries, made from comments and mentions.

RSS, Atom and JSON Feed are three ways to write the same values down; their words here are Atom's (RFC 4287).
"""

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from html import escape
from urllib.parse import quote

from linkback.comments import COMMENT_VERSION, Comment
from linkback.mentions import Kind, Mention
from linkback.sanitising import words_of
from linkback.sites import Post
from linkback.urls import Url, parse_url

_FRAGMENT_KEEPS = "%!$&'()*+,;=:@/?"
_SIGNS = {Kind.LIKE: "♥", Kind.REPOST: "♻", Kind.BOOKMARK: "★"}
_ANSWERS = {"yes": "✓", "no": "✗", "maybe": "?", "interested": "☆"}


@dataclass(frozen=True, slots=True)
class Alternate:
    """The same feed in another format."""

    media_type: str
    url: str


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One item of a feed.

    `id` is an IRI that stays the same for ever, whatever happens to the addresses of the source and of the post; `url`
    is where the entry can be read, `source` the page that sent it, where that is another. `title`, `author_name` and
    `text` are plain; `html` is safe HTML with absolute URLs. `published_at` is when the mention came in. `in_reply_to`
    is the IRI that identifies the post, `in_reply_to_url` where it can be read. `category` says how the mention came,
    `kind` what it does with the post. `language` is a tag of BCP 47. Times are aware; a text that is not known is
    empty.
    """

    id: str
    url: str
    title: str
    author_name: str
    published_at: datetime
    updated_at: datetime
    in_reply_to: str
    in_reply_to_url: str
    category: str
    kind: str = ""
    author_url: str = ""
    author_photo: str = ""
    source: str = ""
    text: str = ""
    html: str = ""
    language: str = ""

    @property
    def categories(self) -> tuple[str, ...]:
        """How the mention came and what it does, as far as that is known."""
        return tuple(filter(None, (self.category, self.kind)))


@dataclass(frozen=True, slots=True)
class Feed:
    """
    A list of entries, the newest first.

    `id` is an IRI that stays the same for ever, in all formats. `url` is the page that the feed belongs to, `self_url`
    the feed itself, `alternates` are its other formats. `title` and `description` are plain. `language` is a tag of
    BCP 47, empty if not known. `updated_at` is when the list last changed, aware; None if it never did.
    """

    id: str
    title: str
    url: str
    self_url: str
    description: str
    language: str
    updated_at: datetime | None
    entries: tuple[Entry, ...] = ()
    alternates: tuple[Alternate, ...] = ()


def answers_in(feed: Feed) -> Counter[str]:
    """
    Count, by the id of an entry, the entries of the feed that answer it.

    An answer comes in after what it answers, so that a feed that only lacks its oldest entries has all answers to those
    that it holds.
    """
    return Counter(entry.in_reply_to for entry in feed.entries)


def entry_of(mention: Mention, post: Post) -> Entry:
    """
    Make the entry of an approved mention of a post.

    It is dated by its arrival and not by the date on the source: readers sort by date and pass over what is older than
    what they have seen, and to those who follow a post an old page that links to it today is news. Nor does a source
    choose its place in the feed by the date that it claims.

    Raises:
        UrlError: if the mention's source is no http or https URL, which no mention that was screened can have.
    """
    source = parse_url(mention.source)
    url = mention.url or _permalink(source)
    author_name = mention.author or mention.site_name or source.host
    title = mention.title or _untitled(mention, author_name)
    return Entry(
        id=f"urn:uuid:{mention.id}",
        url=url,
        title=title,
        author_name=author_name,
        published_at=mention.received_at,
        # A new look at the source moves checked_at even where nothing changed, and would show old entries as new.
        updated_at=mention.received_at,
        in_reply_to=post.url,
        in_reply_to_url=post.url,
        category=mention.protocol.value,
        kind=mention.kind.value,
        author_url=mention.author_url,
        author_photo=mention.author_photo,
        source=_permalink(source),
        text=mention.excerpt,
        html=mention.content or _html(url, title, mention.site_name, mention.excerpt),
        language=mention.language,
    )


def entry_of_comment(comment: Comment, post: Post) -> Entry:
    """Make the entry of a visible comment of a post; it answers the post, or what stands under it."""
    parent = comment.in_reply_to
    return Entry(
        id=f"urn:uuid:{comment.id}",
        url=permalink_of(comment.id, post),
        title=comment.name,
        author_name=comment.name,
        published_at=comment.received_at,
        updated_at=comment.edited_at or comment.received_at,
        in_reply_to=f"urn:uuid:{parent}" if parent else post.url,
        in_reply_to_url=permalink_of(parent, post) if parent else post.url,
        category="comment",
        author_url=comment.website,
        text=words_of(comment.html),
        html=comment.html,
    )


def anchor_of(entry_id: str) -> str:
    """The name by which a comment or mention is found on the post's page; the version of its id tells which it is."""
    return f"{'comment' if uuid.UUID(entry_id).version == COMMENT_VERSION else 'mention'}-{entry_id}"


def permalink_of(entry_id: str, post: Post) -> str:
    """Where a comment or mention stands under its post."""
    return f"{post.url}#{anchor_of(entry_id)}"


def _permalink(source: Url) -> str:
    if source.fragment is None:
        return source.text
    return f"{source.text}#{quote(source.fragment, safe=_FRAGMENT_KEEPS, errors='replace')}"


def _untitled(mention: Mention, author_name: str) -> str:
    """Say who did what; by a sign, since an entry speaks no language."""
    sign = _ANSWERS.get(mention.rsvp, "") if mention.kind is Kind.RSVP else _SIGNS.get(mention.kind, "")
    return f"{sign} {author_name}" if sign else author_name


def _html(url: str, title: str, site_name: str, excerpt: str) -> str:
    """Link to the source and quote it; nothing in it belongs to a language, so that nothing need be translated."""
    site = f" ({escape(site_name)})" if site_name and not title.endswith(site_name) else ""
    link = f'<p><a href="{escape(url)}" rel="nofollow ugc noopener">{escape(title)}</a>{site}</p>'
    return f"{link}<blockquote><p>{escape(excerpt)}</p></blockquote>" if excerpt else link
