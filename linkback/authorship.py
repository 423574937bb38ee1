"""Finds out who wrote an entry (indieweb.org/authorship-spec), and who a page is about."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from linkback.cutting import ENTRIES
from linkback.items import Item, Items, is_same_page, read_address, read_items, write_address
from linkback.plain_text import clean, crop
from linkback.urls import Url

MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote something: a plain name, the address of a page, that of a picture; "" for what is not known."""

    name: str = ""
    url: str = ""
    photo: str = ""


@dataclass(frozen=True, slots=True)
class Byline:
    """What is known of an author, and the page that may tell more, "" if there is none to be fetched."""

    author: Author
    page: str = ""


def find_author(entry: Item, feed: Item | None, page: Items) -> Byline:
    """
    Say who wrote an entry, from what the page says that it is on.

    The entry's own author counts before that of the feed around it, and the page's rel=author comes last.

    Args:
        entry: the entry.
        feed: the h-feed around it, if there is one.
        page: everything on the page; its rel=author is taken to be meant for the entry.

    """
    values = [*entry.values("author"), *(feed.values("author") if feed else ())]
    for value in values:
        author = _read_card(value.item) if value.item and _is_card(value.item) else _read_text(value.text)
        if author.name:
            return Byline(author)
        address = read_address(author.url)
        if address:
            return _look_up(address, author, page)
    return _look_up(page.authors[0], Author(), page) if page.authors else Byline(Author())


def read_author(text: str, *, url: Url, author_page: Url) -> Author | None:
    """
    Say whom a page is about that somebody named as the author's: `author_page`, which was found at `url`.

    None if none of its h-cards is the one that represents the page.
    """
    return find_representative(read_items(text, url), author_page)


def find_representative(page: Items, *names: Url) -> Author | None:
    """
    Say whom a page is about (microformats.org/wiki/representative-h-card-parsing).

    That is its first h-card whose uid and url are the page's own, else the first whose url is also a rel=me link of it,
    else its only h-card, if its url is the page's. `names` are further URLs of the page.
    """
    own = (page.url, *names)
    cards = list(_cards(page.outermost))
    only = cards if len(cards) == 1 else []
    found = (
        *(card for card in cards if _is_at(card, "uid", own) and _is_at(card, "url", own)),
        *(card for card in cards if _is_at(card, "url", page.mes)),
        *(card for card in only if _is_at(card, "url", own)),
    )
    return next((author for author in map(_read_card, found) if author.name), None)


def _look_up(address: Url, known: Author, page: Items) -> Byline:
    """Look for the author whose page is at `address` on this page, before that page has to be fetched."""
    cards = (card for card in _cards(page.outermost) if _is_at(card, "url", (address,)))
    author = next((author for author in map(_read_card, cards) if author.name), None)
    if author is None and is_same_page(address, page.url):
        author = find_representative(page) or known
    if author:
        return Byline(author)
    return Byline(Author(url=write_address(address), photo=known.photo), page=write_address(address))


def _cards(items: Iterable[Item]) -> Iterator[Item]:
    """The h-cards on a page but for those in what it quotes and in answers that it shows."""
    for item in items:
        if _is_card(item):
            yield item
        if "h-cite" in item.types:
            continue
        yield from _cards(item.children)
        if not item.types.isdisjoint(ENTRIES | {"h-feed"}):
            yield from (value.item for value in item.values("author") if value.item and _is_card(value.item))


def _is_card(item: Item) -> bool:
    return "h-card" in item.types


def _is_at(card: Item, name: str, pages: Iterable[Url]) -> bool:
    return any(is_same_page(address, page) for address in card.addresses(name) for page in pages)


def _read_card(card: Item) -> Author:
    return Author(
        name=_name(card.text("name")) or _name(card.text("nickname")),
        url=write_address(next(card.addresses("url"), None)),
        photo=write_address(next(card.addresses("photo", "logo"), None)),
    )


def _read_text(text: str) -> Author:
    address = read_address(text)
    return Author(url=write_address(address)) if address else Author(name=_name(text))


def _name(text: str) -> str:
    """A name, made fit to show; the address of a page is none."""
    return "" if "//" in text else crop(clean(text), MAX_NAME)
