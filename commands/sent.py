"""`linkback sent`: what the posts of a blog have told the pages that they link to, and what those answered."""

import asyncio
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import typer
from rich.text import Text

from commands.running_store import RunningStoreError, running_store
from commands.send import STYLES, print_table
from config.settings import Settings
from linkback.announcements import Sent
from linkback.plain_text import clean
from linkback.store.announcements import Announcements, Told

SHOWN = 0
CANNOT_SHOW = 2

HEADINGS = ("When", "Post", "Target", "Protocol", "Status", "Outcome", "Answer")


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked for on the command line; without a site, all of them are meant."""

    site: str
    most: int
    config: Path | None
    is_json: bool


def run_sent(question: Question) -> int:
    """Print what was sent, the last first; the exit code."""
    try:
        told = asyncio.run(_read(question))
    except RunningStoreError as error:
        typer.echo(clean(str(error)), err=True)
        return CANNOT_SHOW
    lines = sorted(_lines(told), key=lambda line: line[1].at, reverse=True)
    if question.is_json:
        typer.echo(json.dumps([_document(url, sent) for url, sent in lines], indent=2))
    else:
        print_table(HEADINGS, [_cells(url, sent) for url, sent in lines], "Nothing has been sent yet.")
    return SHOWN


async def _read(question: Question) -> list[Told]:
    """
    Ask the store.

    Raises:
        RunningStoreError: if the settings cannot be used, or the store cannot be read.

    """
    async with running_store(question.config) as (store, settings):
        announcements = Announcements(store)
        ids = _site_ids(settings, question.site)
        found = [await announcements.latest(site_id, question.most) for site_id in ids]
    return [told for of_site in found for told in of_site]


def _site_ids(settings: Settings, wanted: str) -> list[str]:
    ids = [site.id for site in settings.sites]
    if wanted and wanted not in ids:
        message = f"There is no site {wanted!r} in the settings; there are: {', '.join(ids) or 'none'}."
        raise RunningStoreError(message)
    return [wanted] if wanted else ids


def _lines(told: list[Told]) -> list[tuple[str, Sent]]:
    return [(post.url, sent) for post in told for sent in post.sent.values()]


def _document(url: str, sent: Sent) -> dict[str, object]:
    about = {"at": sent.at.isoformat(timespec="seconds"), "source": url, "link_removed": sent.is_removed}
    return about | asdict(sent.result) | {"attempts": sent.attempts}


def _cells(url: str, sent: Sent) -> list[Text]:
    result = sent.result
    outcome = Text(result.outcome.replace("_", " "), STYLES[result.outcome])
    if sent.is_removed:
        outcome.append(" (link removed)")
    said = " ".join(filter(None, (result.answer, result.location)))
    status = "" if result.status is None else str(result.status)
    cells = (_local(sent.at), url, result.target, result.protocol or "", status)
    return [*(Text(clean(cell)) for cell in cells), outcome, Text(clean(said))]


def _local(when: datetime) -> str:
    return f"{when.astimezone():%Y-%m-%d %H:%M}"
