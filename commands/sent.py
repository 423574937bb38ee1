"""`linkback sent`: what the posts of a blog have told the pages that they link to, and what those answered."""

import asyncio
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

import typer
from rich.text import Text

from commands.embedded import SOCKET, store_url
from commands.send import STYLES, print_table
from config.settings import Settings, SettingsError, load_settings
from linkback.announcements import Sent
from linkback.plain_text import clean
from linkback.store.announcements import Announcements, Told
from linkback.store.connection import open_store
from linkback.store.errors import StoreError

SHOWN = 0
CANNOT_SHOW = 2

HEADINGS = ("When", "Post", "Target", "Protocol", "Status", "Outcome", "Answer")


class SentError(Exception):
    """Nothing can be shown; the text says why, and what to do."""


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
    except SentError as error:
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
        SentError: if the settings cannot be used, or the store cannot be read.
    """
    try:
        settings = load_settings(question.config)
    except SettingsError as error:
        raise SentError(str(error)) from error
    ids = _site_ids(settings, question.site)
    try:
        async with open_store(_store_url(settings)) as store:
            announcements = Announcements(store)
            found = [await announcements.latest(site_id, question.most) for site_id in ids]
    except StoreError as error:
        raise SentError(str(error)) from error
    return [told for of_site in found for told in islice(of_site, question.most)]


def _site_ids(settings: Settings, wanted: str) -> list[str]:
    ids = [site.id for site in settings.sites]
    if wanted and wanted not in ids:
        message = f"There is no site {wanted!r} in the settings; there are: {', '.join(ids) or 'none'}."
        raise SentError(message)
    return [wanted] if wanted else ids


def _store_url(settings: Settings) -> str:
    if settings.store.url:
        return settings.store.url
    data_dir = settings.store.data_dir.resolve()
    if not (data_dir / SOCKET).exists():
        message = f"No `linkback serve` is running on the data folder {data_dir}: start it, or name the right settings."
        raise SentError(message)
    return store_url(data_dir)


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
