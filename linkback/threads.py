"""Conversations: which comment answers what, as far as it can be read under a post."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from linkback.comments import Comment
from linkback.mentions import Mention

DEEPEST = 4
"""Answers nest so deep; those below stand side by side, in the order in which they came."""

Entry = Comment | Mention


@dataclass(frozen=True, slots=True)
class Thread:
    """An entry, and what answers it, the oldest first."""

    entry: Entry
    answers: tuple["Thread", ...] = ()


def threads_of(entries: Iterable[Entry]) -> tuple[Thread, ...]:
    """
    Put entries into threads, the oldest first, as a conversation is read.

    What answers an entry that is not there stands on its own: its parent was deleted, or is too old to be shown.
    """
    ordered = sorted(entries, key=lambda entry: (entry.received_at, entry.id))
    known = {entry.id for entry in ordered}
    answers: dict[str, list[Entry]] = defaultdict(list)
    for entry in ordered:
        parent = _parent_of(entry)
        answers[parent if parent in known and parent != entry.id else ""].append(entry)
    return tuple(_thread(entry, answers, DEEPEST) for entry in answers[""])


def _parent_of(entry: Entry) -> str:
    return entry.in_reply_to if isinstance(entry, Comment) else ""


def _thread(entry: Entry, answers: dict[str, list[Entry]], levels: int) -> Thread:
    if levels > 1:
        return Thread(entry, tuple(_thread(answer, answers, levels - 1) for answer in answers[entry.id]))
    below = sorted(_all_below(entry, answers), key=lambda answer: (answer.received_at, answer.id))
    return Thread(entry, tuple(map(Thread, below)))


def _all_below(entry: Entry, answers: dict[str, list[Entry]]) -> list[Entry]:
    found: list[Entry] = []
    waiting = list(answers[entry.id])
    while waiting:
        answer = waiting.pop()
        found.append(answer)
        waiting += answers[answer.id]
    return found
