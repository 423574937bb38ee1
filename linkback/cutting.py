"""
Cuts a page down to its microformats, so that reading them takes little time, whatever the page is like.

What comes out is a small document of our own: every microformat of the page with the classes and attributes that count
for us, those of the first generation translated, up to a bound on its length, its depth and the work that it makes. For
a parser of microformats collects the words of an element once for each property around it, and reads an item once for
each property that it is: ten items within each other, of ten properties each, would be ten thousand million.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape

from linkback.markup import HIDDEN, walk

ENTRIES = frozenset({"h-cite", "h-entry", "h-event", "h-product", "h-recipe", "h-review"})
"""Items that can be what a page is about."""

MARK = "sought"
"""The id of the outermost entries in what the fragment of the page's URL names; no other id is written."""

_TELLING = re.compile("h-(?:entry|card|cite|event|review|recipe|product)")
_ROOTS = ENTRIES | {"h-adr", "h-app", "h-card", "h-feed", "h-geo", "h-item", "h-listing", "h-resume"}
"""Only these: h-full and h-screen are items for a parser, but mean the height of a box."""

_PROPERTIES = frozenset(
    {"author", "bookmark", "bookmark-of", "comment", "content", "description", "in-reply-to", "like", "like-of", "logo"}
    | {"name", "nickname", "photo", "published", "reply-to", "repost", "repost-of", "rsvp", "summary", "uid"}
    | {"updated", "url"}
)
_PROPERTY = re.compile(r"(p|u|dt|e)-([a-z0-9]+(?:-[a-z0-9]+)*)")
_CONTENTS = frozenset({"e-content", "p-content"})
_RECEIVED = frozenset(f"{prefix}-{name}" for prefix in "pu" for name in ("comment", "like", "repost"))
"""What others answered to an entry, where the class stands on an item of its own."""

_OLD_ROOTS = {"hentry": "h-entry", "hfeed": "h-feed", "vcard": "h-card"}
_OLD_PROPERTIES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "hentry": {
        "author": ("p-author", "h-card"),
        "entry-content": ("e-content",),
        "entry-summary": ("p-summary",),
        "entry-title": ("p-name",),
        "published": ("dt-published",),
        "rel-bookmark": ("u-url",),
        "updated": ("dt-updated",),
    },
    "hfeed": {},
    "vcard": {
        "fn": ("p-name",),
        "logo": ("u-logo",),
        "nickname": ("p-nickname",),
        "photo": ("u-photo",),
        "uid": ("u-uid",),
        "url": ("u-url",),
    },
}
"""The classes of the first generation, by the root that they stand in; WordPress's themes have them."""

_KEPT_TAGS = frozenset(
    {"a", "abbr", "b", "blockquote", "br", "cite", "code", "data", "del", "em", "i", "img", "li", "ol", "p", "pre", "q"}
    | {"strong", "time", "ul"}
)
_BLOCKS = frozenset({"blockquote", "div", "li", "ol", "pre", "ul"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_PHRASES = frozenset(
    {"bdi", "bdo", "big", "dfn", "font", "ins", "kbd", "label", "mark", "noscript", "picture", "ruby", "s", "samp"}
    | {"small", "span", "strike", "sub", "sup", "tt", "u", "var", "wbr"}
)
_VALUES = {"area": "href", "input": "value", "link": "href"}
"""Elements without content that have a value; they become <data>, which may stand everywhere."""

_ATTRIBUTES = {"a": "href", "abbr": "title", "data": "value", "img": "src", "time": "datetime"}
_RELATED = frozenset({"a", "area", "link"})

_MAX_DEPTH = 100
_MAX_CHARACTERS = 1 << 17
_MAX_WORDS = 12_000  # characters; more than is shown with its markup, so that what is shown with it is whole
_MAX_WORK = 20_000
_WORK_PER_CHARACTER = 1 / 200
_MAX_ATTRIBUTE = 4096
_MAX_RELS = 20


@dataclass(slots=True)
class Cut:
    """What was cut out: the document, "" without microformats, and what the page itself says, as written there."""

    document: str = ""
    base: str = ""
    authors: list[str] = field(default_factory=list)
    mes: list[str] = field(default_factory=list)


def has_microformats(text: str) -> bool:
    """Whether it is worth while to look for microformats: False only if a page has none that say what it is."""
    return _TELLING.search(text) is not None or "hentry" in text


def cut(text: str, fragment: str | None) -> Cut:
    """Cut a page down; `fragment`, of the page's URL, may be the id of an entry or of something around one."""
    cutter = _Cutter(fragment)
    walk(text, cutter)
    cutter.cut.document = "".join(cutter.parts).strip()
    return cutter.cut


@dataclass(frozen=True, slots=True)
class _Place:
    """
    Where in a page an element's content stands.

    `weight` is about how often it will be gone through, 0 outside of microformats; `old_root` is the class of the
    innermost item, if that is of the first generation; `is_content` in the words of an entry, outside of properties
    among them; `is_named` in what the fragment names.
    """

    weight: int = 0
    old_root: str = ""
    is_content: bool = False
    is_named: bool = False
    is_hidden: bool = False


_HIDDEN_PLACE = _Place(is_hidden=True)


class _Cutter:
    """Writes the microformats of a page down, and passes over the rest."""

    def __init__(self, fragment: str | None) -> None:
        self.cut = Cut()
        self.parts: list[str] = []
        self._fragment = fragment
        self._open = [(_Place(), "")]  # every element, and what is to be written at its end
        self._depth = 0
        self._characters = 0
        self._words = 0
        self._work = 0.0
        self._is_full = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        outside, _ = self._open[-1]
        if outside.is_hidden or tag in HIDDEN:
            self._open.append((_HIDDEN_PLACE, ""))
            return
        if tag == "base":
            self.cut.base = self.cut.base or attributes.get("href", "")
        elif "rel" in attributes and tag in _RELATED:
            self._note_rels(attributes)
        self._open.append((outside, "") if self._is_full else self._enter(tag, attributes, outside))
        self._depth += self._open[-1][1] != ""

    def data(self, text: str) -> None:
        place, _ = self._open[-1]
        if place.weight and not (place.is_content and self._words > _MAX_WORDS) and self._write(escape(text), place):
            self._words += len(text)

    def end(self, _tag: str) -> None:
        _, closing = self._open.pop()
        if closing:
            self.parts.append(closing)
            self._depth -= 1

    def close(self) -> None:
        """Return nothing, though lxml wants it called."""

    def _write(self, text: str, place: _Place) -> bool:
        """Write, unless that would be too much; then nothing else is written either."""
        self._characters += len(text)
        self._work += place.weight * (1 + len(text) * _WORK_PER_CHARACTER)
        self._is_full = self._is_full or self._work > _MAX_WORK or self._characters > _MAX_CHARACTERS
        if not self._is_full:
            self.parts.append(text)
        return not self._is_full

    def _note_rels(self, attributes: dict[str, str]) -> None:
        rels = attributes["rel"].lower().split()
        for rel, found in (("author", self.cut.authors), ("me", self.cut.mes)):
            if rel in rels and "href" in attributes and len(found) < _MAX_RELS:
                found.append(attributes["href"])

    def _enter(self, tag: str, attributes: dict[str, str], outside: _Place) -> tuple[_Place, str]:
        """Write the element's beginning, if it is to be written; give the place within it and its end."""
        if self._fragment and attributes.get("id") == self._fragment:
            outside = replace(outside, is_named=True)
        classes, old_root = _classes(attributes, outside.old_root)
        roots = classes & _ROOTS
        if roots and classes & _RECEIVED and not outside.is_named:
            return _HIDDEN_PLACE, ""
        is_plain = not (roots or outside.weight)
        is_too_long = outside.is_content and not classes and self._words > _MAX_WORDS
        if is_plain or is_too_long or self._depth >= _MAX_DEPTH:
            return outside, ""
        is_marked = outside.is_named and not roots.isdisjoint(ENTRIES)
        place = outside
        if classes:
            weight, is_content = _weight(outside.weight, classes, roots), not classes.isdisjoint(_CONTENTS)
            place = _Place(weight, old_root, is_content, is_named=outside.is_named and not is_marked)
            self._words = 0 if is_content else self._words
        is_written = self._write(_opening(tag, attributes, classes, MARK if is_marked else ""), place)
        return (place, _closing(tag)) if is_written else (outside, "")


def _classes(attributes: dict[str, str], old_root: str) -> tuple[set[str], str]:
    """Those that count of an element that stands in an item, and which first-generation item its content stands in."""
    names = set(attributes.get("class", "").split())
    if old_root and "bookmark" in attributes.get("rel", "").lower().split():
        names.add("rel-bookmark")
    if not names:
        return names, old_root
    kept = _old_properties(names, old_root) if old_root else _properties(names)
    roots = names & _ROOTS
    if roots:
        return kept | roots, ""
    old_roots = sorted(names & _OLD_ROOTS.keys())
    if old_roots:
        return kept | {_OLD_ROOTS[name] for name in old_roots}, old_roots[0]
    return kept, "" if "h-card" in kept else old_root


def _weight(outside: int, classes: set[str], roots: set[str]) -> int:
    """An element is read once for each property around it; an item also for each property that it is."""
    inside = outside + bool(classes)
    return inside * max(len(classes - roots), 1) if roots else inside


def _old_properties(names: set[str], old_root: str) -> set[str]:
    old = _OLD_PROPERTIES[old_root]
    return {new for name in names & old.keys() for new in old[name]}


def _properties(names: set[str]) -> set[str]:
    """Those that we read, and of every other kind one: that an item has any decides whether a parser guesses some."""
    found = filter(None, map(_PROPERTY.fullmatch, names))
    return {match[0] if match[2] in _PROPERTIES else f"{match[1]}-other" for match in found}


def _name(tag: str) -> str:
    """The name under which an element is written."""
    if tag in _VALUES:
        return "data"
    if tag in _PHRASES:
        return "span"
    if tag in _HEADINGS:
        return "p"
    return tag if tag in _KEPT_TAGS else "div"


def _opening(tag: str, attributes: dict[str, str], classes: set[str], mark: str) -> str:
    name = _name(tag)
    written = f' id="{mark}"' if mark else ""
    if classes:
        written += f' class="{" ".join(sorted(classes))}"'
    value = attributes.get(_VALUES.get(tag) or _ATTRIBUTES.get(name, ""))
    if value is not None and len(value) <= _MAX_ATTRIBUTE:
        written += f' {_ATTRIBUTES[name]}="{escape(value)}"'
    if tag != "img":
        # A line end on either side keeps the words of two blocks apart where their tags are dropped.
        return f"\n<{name}{written}>" if name in _BLOCKS else f"<{name}{written}>"
    # Outside of values the words for an image follow it, since content is shown without images.
    words = escape(attributes.get("alt", ""))
    is_value = any(not name.startswith("u-") for name in classes)
    return f'<img{written} alt="{words}">' if is_value else f'<img{written} alt="">{words}'


def _closing(tag: str) -> str:
    name = _name(tag)
    if name in {"br", "img"}:
        return ""
    return f"</{name}>\n" if name in _BLOCKS else f"</{name}>"
