"""
What a comment feed says, in no format yet: a Feed and its Entries, made from mentions.

RSS, Atom and JSON Feed are three ways to write the same values down; their words here are Atom's (RFC 4287).
"""

from dataclasses import dataclass
from datetime import datetime
from html import escape
from urllib.parse import quote

from linkback.mentions import Mention
from linkback.sites import Post
from linkback.urls import Url, parse_url

_FRAGMENT_KEEPS = "%!$&'()*+,;=:@/?"


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One item of a feed.

    `id` is an IRI that stays the same for ever, whatever happens to the addresses of the source and of the post; `url`
    is where the source can be read. `title`, `author_name` and `text` are plain; `html` is safe HTML with absolute
    URLs. `published_at` is when the mention came in. `in_reply_to` is the IRI that identifies the post,
    `in_reply_to_url` where it can be read. Times are aware; a text that is not known is empty.
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
    author_url: str = ""
    text: str = ""
    html: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """
    A list of entries, the newest first.

    `url` is the page that the feed belongs to, `self_url` the feed itself. `title` and `description` are plain.
    `language` is a tag of BCP 47, empty if not known. `updated_at` is when the list last changed, aware; None if it
    never did.
    """

    id: str
    title: str
    url: str
    self_url: str
    description: str
    language: str
    updated_at: datetime | None
    entries: tuple[Entry, ...] = ()


def entry_of(mention: Mention, post: Post) -> Entry:
    """
    Make the entry of an approved mention of a post.

    Raises:
        UrlError: if the mention's source is no http or https URL, which no mention that was screened can have.
    """
    source = parse_url(mention.source)
    url = _permalink(source)
    title = mention.title or mention.site_name or source.host
    return Entry(
        id=f"urn:uuid:{mention.id}",
        url=url,
        title=title,
        author_name=mention.author or mention.site_name or source.host,
        published_at=mention.received_at,
        # A new look at the source moves checked_at even where nothing changed, and would show old entries as new.
        updated_at=mention.received_at,
        in_reply_to=post.url,
        in_reply_to_url=post.url,
        category=mention.protocol.value,
        text=mention.excerpt,
        html=_html(url, title, mention.site_name, mention.excerpt),
    )


def _permalink(source: Url) -> str:
    if source.fragment is None:
        return source.text
    return f"{source.text}#{quote(source.fragment, safe=_FRAGMENT_KEEPS, errors='replace')}"


def _html(url: str, title: str, site_name: str, excerpt: str) -> str:
    """Link to the source and quote it; nothing in it belongs to a language, so that nothing need be translated."""
    site = f" ({escape(site_name)})" if site_name not in {"", title} else ""
    link = f'<p><a href="{escape(url)}" rel="nofollow ugc noopener">{escape(title)}</a>{site}</p>'
    return f"{link}<blockquote><p>{escape(excerpt)}</p></blockquote>" if excerpt else link
