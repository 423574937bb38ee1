"""Which entries a feed is to hold: of some kinds, or of one thread."""

from collections.abc import Iterable
from dataclasses import dataclass

from linkback.feeds.entry import Entry
from linkback.mentions import Kind, Protocol

TYPES = frozenset({"comment", *map(str, Protocol), *map(str, Kind)})
"""What entries can be chosen by: how they came, or what they do with the post."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for: any of these types, all if there are none; and the id of what begins the thread, or ""."""

    types: frozenset[str] = frozenset()
    thread: str = ""


def select(entries: Iterable[Entry], selection: Selection) -> list[Entry]:
    """The entries that are asked for, the newest first."""
    chosen = sorted(entries, key=lambda entry: entry.published_at, reverse=True)
    if selection.thread:
        chosen = _of_thread(chosen, f"urn:uuid:{selection.thread}")
    return [entry for entry in chosen if not selection.types or selection.types.intersection(entry.categories)]


def _of_thread(entries: list[Entry], root: str) -> list[Entry]:
    """What answers an entry, and what answers that; an answer is never older than what it answers."""
    known = {root}
    for entry in reversed(entries):
        if entry.in_reply_to in known:
            known.add(entry.id)
    return [entry for entry in entries if entry.id in known - {root}]
