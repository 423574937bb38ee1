"""`linkback moderate`: what waits for the owner, and the owner's decisions, many at once."""

import asyncio
import getpass
import json
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import typer
from rich.text import Text

from commands.running_store import RunningStoreError, running_store
from commands.send import print_table
from config.settings import Settings
from linkback.comments import Comment
from linkback.mentions import State
from linkback.plain_text import clean, crop
from linkback.store.connection import Store
from linkback.store.moderation import Action, Entry, Moderation

ALL_DONE = 0
SOME_UNDONE = 1
CANNOT_MODERATE = 2

DECISIONS = {"approve": State.APPROVED, "hold": State.HELD, "spam": State.SPAM, "delete": State.DELETED}

HEADINGS = ("When", "Id", "Kind", "By", "Post", "Why", "Words")
SHOWN_WORDS = 100

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Decision:
    """What was asked for on the command line: one of DECISIONS, and what it is about."""

    what: str
    ids: Sequence[str]
    config: Path | None


def run_list(site: str, config: Path | None, *, is_json: bool) -> int:
    """Print what waits, the oldest first; the exit code."""

    async def read(store: Store, settings: Settings) -> list[Entry]:
        moderation = Moderation(store)
        sites = [each for each in settings.all_sites() if site in {"", each.id}]
        found = [await moderation.waiting(each, 1000) for each in sites]
        return sorted((entry for of_site in found for entry in of_site), key=lambda entry: entry.received_at)

    entries = _with_store(config, read)
    if entries is None:
        return CANNOT_MODERATE
    if is_json:
        typer.echo(json.dumps([_document(entry) for entry in entries], indent=2))
    else:
        print_table(HEADINGS, [_cells(entry) for entry in entries], "Nothing is waiting.")
    return ALL_DONE


def run_decision(decision: Decision) -> int:
    """Decide about everything that was named, and say what became of each; the exit code."""
    action = Action(datetime.now(UTC), getpass.getuser(), decision.what)

    async def decide(store: Store, _settings: Settings) -> list[bool]:
        moderation = Moderation(store)
        return [await _decide(moderation, entry_id, action) for entry_id in decision.ids]

    done = _with_store(decision.config, decide)
    if done is None:
        return CANNOT_MODERATE
    return ALL_DONE if all(done) else SOME_UNDONE


async def _decide(moderation: Moderation, entry_id: str, action: Action) -> bool:
    entry = await moderation.find(entry_id) if _is_id(entry_id) else None
    if entry is None:
        typer.echo(f"{clean(entry_id)}: there is no comment or mention with this id.", err=True)
        return False
    if not await moderation.decide(entry, DECISIONS[action.what], action):
        typer.echo(f"{entry_id}: it has changed just now; look at it again.", err=True)
        return False
    typer.echo(f"{entry_id}: {DECISIONS[action.what]}")
    return True


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _with_store(config: Path | None, do: Callable[[Store, Settings], Awaitable[Result]]) -> Result | None:
    async def run() -> Result:
        async with running_store(config) as (store, settings):
            return await do(store, settings)

    try:
        return asyncio.run(run())
    except RunningStoreError as error:
        typer.echo(clean(str(error)), err=True)
        return None


def _document(entry: Entry) -> dict[str, str]:
    kind, by, why, words = _facts(entry)
    return {
        "id": entry.id,
        "received_at": entry.received_at.isoformat(timespec="seconds"),
        "kind": kind,
        "by": by,
        "post": entry.target,
        "why": why,
        "words": words,
    }


def _cells(entry: Entry) -> list[Text]:
    kind, by, why, words = _facts(entry)
    when = f"{entry.received_at.astimezone():%Y-%m-%d %H:%M}"
    cells = (when, entry.id, kind, by, entry.target, why.replace("_", " "), crop(clean(words), SHOWN_WORDS))
    return [Text(clean(cell)) for cell in cells]


def _facts(entry: Entry) -> tuple[str, str, str, str]:
    """Kind, author, why it stands where it does, and words."""
    if isinstance(entry, Comment):
        return "comment", entry.name, entry.standing, entry.text
    return entry.protocol, entry.source, entry.reason, " — ".join(filter(None, (entry.title, entry.excerpt)))
