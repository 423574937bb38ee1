"""Reads what a page says in microformats about itself and about a post of ours that it links to."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html import unescape
from typing import NamedTuple

from linkback.authorship import Author, Byline, find_author, find_representative
from linkback.cutting import ENTRIES
from linkback.items import Item, Items, Value, is_same_page, read_address, read_items, write_address
from linkback.mentions import Kind
from linkback.plain_text import clean, crop
from linkback.sanitising import paragraph, safe_html
from linkback.sites import Post, Sites
from linkback.urls import Url

MAX_TITLE = 250
MAX_SUMMARY = 300
ANSWERS = frozenset({"yes", "no", "maybe", "interested"})
"""What an RSVP may say (indieweb.org/rsvp)."""

_REPLIES = ("in-reply-to", "reply-to")
_KINDS = (
    (Kind.REPOST, ("repost-of", "repost")),
    (Kind.LIKE, ("like-of", "like")),
    (Kind.REPLY, _REPLIES),
    (Kind.BOOKMARK, ("bookmark-of", "bookmark")),
)
"""In this order the first one counts (W3C Post Type Discovery section 3); the second names are old ones."""

_WITH_CONTENT = frozenset({Kind.REPLY, Kind.RSVP})
_CONTENTS = ("content", "description")
_IsPost = Callable[[Url], bool]
"""Tells the addresses of the post from others."""

_HREF = re.compile(r"\shref=(?:\"([^\"]*)\"|'([^']*)')")


@dataclass(frozen=True, slots=True)
class Entry:
    """
    What a page says in microformats; empty where it does not.

    Texts are plain and cropped, but for `content`, the safe HTML of a reply or an RSVP. `title` is empty where it only
    repeats the words. `url` is where the entry says that it can be read. `author_page` is a page that may tell more of
    the author, if this one does not give a name; `rsvp` is one of ANSWERS.
    """

    kind: Kind = Kind.MENTION
    title: str = ""
    summary: str = ""
    url: str = ""
    author: Author = field(default_factory=Author)
    author_page: str = ""
    content: str = ""
    rsvp: str = ""
    published_at: datetime | None = None


def read_entry(text: str, *, url: Url, post: Post, sites: Sites) -> Entry | None:
    """
    Say what a page says of itself, and what it does with a post that it links to.

    Args:
        text: the page, decoded.
        url: where it came from; its fragment may name one entry on it.
        post: what the page links to.
        sites: tells which post a link leads to.

    Returns:
        What the page's entry says; without an entry, who the page is about; None if it has several entries, and none
        of them is the one that is meant, or none of all this.

    """
    page = read_items(text, url)
    places = list(_entries(page.outermost))
    if not places:
        author = find_representative(page)
        return Entry(author=author) if author else None

    def is_post(address: Url) -> bool:
        return sites.locate(address) == post

    place = _only(tuple(_sought(page.outermost))) or _choose(places, url, is_post)
    return _read(place, page, is_post) if place else None


class _Place(NamedTuple):
    """An entry and where it stands: in which feed; whether it is an answer of somebody else, shown on a page."""

    entry: Item
    feed: Item | None = None
    is_foreign: bool = False


def _entries(items: Iterable[Item], feed: Item | None = None) -> Iterator[_Place]:
    """The outermost entries of a page, and those of its feeds."""
    for item in items:
        if item.types.isdisjoint(ENTRIES):
            yield from _entries(item.children, item if "h-feed" in item.types else feed)
        else:
            yield _Place(item, feed)


def _sought(items: Iterable[Item]) -> Iterator[_Place]:
    """The entries that the fragment of the page's URL names, at whatever depth."""
    waiting = [_Place(item) for item in items]
    while waiting:
        entry, feed, is_foreign = place = waiting.pop()
        if entry.is_sought:
            yield place
        around = entry if "h-feed" in entry.types else feed
        waiting += (_Place(child, around, is_foreign) for child in entry.children)
        values = (value for values in entry.properties.values() for value in values)
        waiting += (_Place(value.item, is_foreign=True) for value in values if value.item)


def _choose(places: Sequence[_Place], url: Url, is_post: _IsPost) -> _Place | None:
    """
    Say which of several entries is what the page is about.

    That is the one which has the page's own URL; else the only one, an h-entry before all others; else, on a page of
    many, the only one which links to the post.
    """
    pages = (url, replace(url, fragment=None)) if url.fragment else (url,)
    for page in pages:
        for place in places:
            if any(is_same_page(address, page) for address in _permalinks(place.entry, "url", "uid")):
                return place
    h_entries = [place for place in places if "h-entry" in place.entry.types]
    linking = (place for place in places if _links_to(is_post, place.entry))
    return _only(h_entries or places) or _only(tuple(linking))


def _only(places: Sequence[_Place]) -> _Place | None:
    return places[0] if len(places) == 1 else None


def _links_to(is_post: _IsPost, entry: Item) -> bool:
    values = [value for values in entry.properties.values() for value in values]
    return any(map(is_post, _addresses(values)))


def _addresses(values: Iterable[Value]) -> Iterator[Url]:
    """Where the values lead, and the links in their HTML."""
    for value in values:
        yield from value.addresses()
        for match in _HREF.finditer(value.html):
            address = read_address(unescape(match[1] or match[2] or ""))
            if address:
                yield address


def _read(place: _Place, page: Items, is_post: _IsPost) -> Entry:
    entry = place.entry
    kind, byline = _kind(entry, is_post), _byline(place, page)
    content, summary, name = _content(entry, kind), clean(entry.text("summary")), clean(entry.text("name"))
    words = clean(content.text)
    return Entry(
        kind,
        title="" if _repeats(name, words) or _repeats(name, summary) else crop(name, MAX_TITLE),
        summary=crop(summary or words, MAX_SUMMARY),
        url=_permalink(entry, page.url, is_post),
        author=byline.author,
        author_page=byline.page,
        content=_html(content) if kind in _WITH_CONTENT else "",
        rsvp=_rsvp(entry) if kind is Kind.RSVP else "",
        published_at=_published_at(entry),
    )


def _kind(entry: Item, is_post: _IsPost) -> Kind:
    """What the entry does with the post; an answer to another page that mentions ours is none to us."""
    if _rsvp(entry) and any(map(is_post, entry.addresses(*_REPLIES))):
        return Kind.RSVP
    return next((kind for kind, names in _KINDS if any(map(is_post, entry.addresses(*names)))), Kind.MENTION)


def _rsvp(entry: Item) -> str:
    answer = entry.text("rsvp").strip().lower()
    return answer if answer in ANSWERS else ""


def _content(entry: Item, kind: Kind) -> Value:
    """The words of an entry; a reply that has no others says them in its summary or its name."""
    names = (*_CONTENTS, "summary", "name") if kind in _WITH_CONTENT else _CONTENTS
    return next((value for value in entry.values(*names) if clean(value.text)), Value(""))


def _repeats(name: str, words: str) -> bool:
    """Whether one of the two begins with the other, as the guessed name of a note does with its words."""
    name, words = (text.casefold().rstrip(".… ") for text in (name, words))
    return bool(words) and (name.startswith(words) or words.startswith(name))


def _html(content: Value) -> str:
    return safe_html(content.html, content.text) if content.html else paragraph(content.text)


def _permalink(entry: Item, page: Url, is_post: _IsPost) -> str:
    """Where the entry says that it can be read: on its own site, if it names several; never the post, by a mistake."""
    addresses = [address for address in _permalinks(entry, "url") if not is_post(address)]
    at_home = (address for address in addresses if _site(address) == _site(page))
    return write_address(next(at_home, next(iter(addresses), None)))


def _permalinks(entry: Item, *names: str) -> list[Url]:
    """Where the entry can be read; an item that is marked as that is its author's card or a quotation, by a mistake."""
    values = (value for value in entry.values(*names) if value.item is None)
    return [address for value in values for address in value.addresses()]


def _site(url: Url) -> str:
    return url.authority.removeprefix("www.")


def _byline(place: _Place, page: Items) -> Byline:
    """Who wrote the entry; the page's rel=author did not write what others answered to it."""
    return find_author(place.entry, place.feed, replace(page, authors=()) if place.is_foreign else page)


def _published_at(entry: Item) -> datetime | None:
    moments = (read_moment(value.text) for value in entry.values("published", "updated"))
    return next(filter(None, moments), None)


def read_moment(text: str) -> datetime | None:
    """Read an ISO 8601 date, in UTC where it names no zone."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
