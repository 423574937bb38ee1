"""
Reads the microformats of a page as items that have properties (microformats.org/wiki/microformats2-parsing).

mf2py reads them, and gives texts, dictionaries of several shapes and items within items; here they become values.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

import mf2py  # type: ignore[import-untyped] # it ships no types

from linkback.cutting import MARK, cut
from linkback.urls import MAX_LENGTH, Url, UrlError, parse_url, untracked

_FRAGMENT = "%!$&'()*+,;=:@/?"


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a property: its words or its address, its HTML if it has any, the item that it is if it is one."""

    text: str
    html: str = ""
    item: "Item | None" = None

    def addresses(self) -> Iterator[Url]:
        """Every http or https URL that the value may stand for, those that an item gives before the element's own."""
        if self.item:
            yield from self.item.addresses("url")
        url = read_address(self.text)
        if url:
            yield url


@dataclass(frozen=True, slots=True)
class Item:
    """One microformat; `is_sought` if it is an entry in what the fragment of the page's URL names."""

    types: frozenset[str]
    properties: Mapping[str, Sequence[Value]]
    children: Sequence["Item"] = ()
    is_sought: bool = False

    def values(self, *names: str) -> Iterator[Value]:
        """The values of the first of these properties, then those of the next one."""
        for name in names:
            yield from self.properties.get(name, ())

    def text(self, *names: str) -> str:
        """The first text that is not blank, in the order of `values`; "" if there is none."""
        return next((value.text for value in self.values(*names) if value.text.strip()), "")

    def addresses(self, *names: str) -> Iterator[Url]:
        """The http and https URLs among the values."""
        return (url for value in self.values(*names) for url in value.addresses())


@dataclass(frozen=True, slots=True)
class Items:
    """The outermost microformats of the page at `url`, and where its links lead that are rel=author and rel=me."""

    url: Url
    outermost: Sequence[Item]
    authors: Sequence[Url]
    mes: Sequence[Url]


def read_items(text: str, url: Url) -> Items:
    """Read the microformats of the page at `url`, whose fragment may name one of them."""
    found = cut(text, url.fragment)
    base = _join(url, found.base) or url
    return Items(
        url,
        outermost=_parse(found.document, base) if found.document else (),
        authors=tuple(filter(None, (_join(base, address) for address in found.authors))),
        mes=tuple(filter(None, (_join(base, address) for address in found.mes))),
    )


def read_address(text: str) -> Url | None:
    """Read an absolute http or https URL; None if the text is none."""
    try:
        return parse_url(text.strip())
    except UrlError:
        return None


def write_address(url: Url | None) -> str:
    """Write a URL with its fragment, which may name a note on a page of many; "" for None."""
    if url is None:
        return ""
    whole = f"{url.text}#{quote(url.fragment, safe=_FRAGMENT)}" if url.fragment else url.text
    return whole if len(whole) <= MAX_LENGTH else url.text


def is_same_page(one: Url, other: Url) -> bool:
    """Whether two URLs of somebody's site mean one page, or one place on it, as far as their spelling tells."""
    return _place(one) == _place(other)


def _place(url: Url) -> tuple[str, str, str, str]:
    return (
        url.authority.removeprefix("www."),
        url.path.removesuffix("/"),
        untracked(url.query) or "",
        url.fragment or "",
    )


def _join(base: Url, address: str) -> Url | None:
    try:
        return base.join(address)
    except UrlError:
        return None


def _parse(document: str, base: Url) -> tuple[Item, ...]:
    try:
        return tuple(_items(mf2py.parse(doc=document, url=base.text, html_parser="lxml")["items"]))
    except Exception:  # noqa: BLE001 - what a stranger's page makes mf2py raise is not known beforehand
        return ()


def _items(found: object) -> Iterator[Item]:
    return (_item(data) for data in _list(found) if isinstance(data, dict))


def _item(data: Mapping[str, object]) -> Item:
    properties = data.get("properties")
    return Item(
        types=frozenset(map(str, _list(data.get("type")))),
        properties={name: tuple(_values(found)) for name, found in properties.items()}
        if isinstance(properties, dict)
        else {},
        children=tuple(_items(data.get("children"))),
        is_sought=data.get("id") == MARK,
    )


def _values(found: object) -> Iterator[Value]:
    for data in _list(found):
        if isinstance(data, str):
            yield Value(data)
        elif isinstance(data, dict):
            yield Value(_text(data.get("value")), _text(data.get("html")), _item(data) if "type" in data else None)


def _list(found: object) -> list[object]:
    return found if isinstance(found, list) else []


def _text(found: object) -> str:
    return found if isinstance(found, str) else ""
