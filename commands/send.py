"""`linkback send`: tells the pages that a page of ours links to that it does so; needs no running service, no store."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import typer
from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from config.settings import Settings, SettingsError, load_settings
from linkback.announcements import UNSENT, Outcome, SendResult
from linkback.fetching import Fetcher, FetchLimits
from linkback.plain_text import clean
from linkback.sending import Source, find, read_source, send
from linkback.urls import Url, UrlError, parse_url
from linkback.verdicts import FetchFailed
from workers.runner import fetch_limits

ALL_SENT = 0
SOME_UNSENT = 1
CANNOT_SEND = 2

CONCURRENCY = 10
MANY = 5
"""So many targets take long enough for a progress bar."""

HEADINGS = ("Target", "Protocol", "Endpoint", "Status", "Outcome", "Answer")

_WIDEST = 10_000
STYLES = {
    Outcome.SENT: "green",
    Outcome.ALREADY_KNOWN: "green",
    Outcome.FOUND: "cyan",
    Outcome.NO_ENDPOINT: "dim",
    Outcome.REFUSED: "yellow",
    Outcome.FAILED: "red",
}


class SendError(Exception):
    """Nothing can be sent; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for on the command line; without targets, all links of the source are meant."""

    source: str
    targets: Sequence[str]
    config: Path | None
    is_dry_run: bool
    is_json: bool


def run_send(order: Order) -> int:
    """Send what was ordered, and print what became of it; the exit code."""
    try:
        source, results = asyncio.run(_send_all(order))
    except SendError as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(Text(clean(str(error))))
        return CANNOT_SEND
    if order.is_json:
        _print_json(source, results, is_dry_run=order.is_dry_run)
    else:
        rows = [_cells(result) for result in results]
        print_table(HEADINGS, rows, "The page links to no other site: there is nothing to send.")
    return SOME_UNSENT if any(result.outcome in UNSENT for result in results) else ALL_SENT


async def _send_all(order: Order) -> tuple[Source, list[SendResult]]:
    """
    Go from the order to the results.

    Raises:
        SendError: if settings or URLs cannot be used, or the source cannot be read.
    """
    limits = _limits(_settings(order.config))
    url, targets = _url(order.source), [_url(target) for target in dict.fromkeys(order.targets)]
    async with Fetcher(limits) as fetcher:
        source = await _source(fetcher, url, has_targets=bool(targets))

        async def tell(target: Url) -> SendResult:
            return await (find(fetcher, target) if order.is_dry_run else send(fetcher, source, target))

        return source, await _each(targets or source.links, tell)


def _settings(config: Path | None) -> Settings:
    try:
        return load_settings(config)
    except SettingsError as error:
        raise SendError(str(error)) from error


def _limits(settings: Settings) -> FetchLimits:
    """The bounds of fetching; receivers are told who asks, and why (Webmention section 3.1.2)."""
    about = f"+{settings.server.public_url}; Webmention" if settings.server.public_url else "Webmention"
    return replace(fetch_limits(settings.fetch, settings.public_url), user_agent=f"Linkback/0.1 ({about})")


def _url(text: str) -> Url:
    try:
        return parse_url(text)
    except UrlError as error:
        message = f"{error} Give a full address, such as https://example.org/post."
        raise SendError(message) from error


async def _source(fetcher: Fetcher, url: Url, *, has_targets: bool) -> Source:
    """Read the source; one that was deleted may be announced too, to targets that are named (Webmention 3.1.5)."""
    source = await read_source(fetcher, url)
    if isinstance(source, Source):
        return source
    if source.is_gone and has_targets:
        return Source(url.raw)
    raise SendError(_why_unread(source))


def _why_unread(failure: FetchFailed) -> str:
    advice = " To tell others that it was deleted, name the targets." if failure.is_gone else ""
    return f"The source cannot be read: {failure.detail}.{advice}"


async def _each(targets: Sequence[Url], tell: Callable[[Url], Awaitable[SendResult]]) -> list[SendResult]:
    """Go through all targets, some at a time; results are in the order of the targets."""
    free = asyncio.Semaphore(CONCURRENCY)
    console = Console(stderr=True)
    columns = (TextColumn("Sending"), BarColumn(), MofNCompleteColumn())
    is_shown = console.is_terminal and len(targets) >= MANY
    with Progress(*columns, console=console, transient=True, disable=not is_shown) as progress:
        bar = progress.add_task("", total=len(targets))

        async def tell_next(target: Url) -> SendResult:
            async with free:
                result = await tell(target)
            progress.advance(bar)
            return result

        return await asyncio.gather(*map(tell_next, targets))


def _print_json(source: Source, results: list[SendResult], *, is_dry_run: bool) -> None:
    document = {"source": source.url, "dry_run": is_dry_run, "results": [asdict(result) for result in results]}
    typer.echo(json.dumps(document, indent=2))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[Text]], nothing: str) -> None:
    """Print a table for a person or, where a program reads it, one line for each row; `nothing` if it has none."""
    console = Console(highlight=False)
    if not rows:
        console.print(nothing)
        return
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    if not console.is_terminal:
        console.width = Measurement.get(console, console.options.update(max_width=_WIDEST), table).maximum
    console.print(table)


def _cells(result: SendResult) -> list[Text]:
    said = " ".join(filter(None, (result.answer, result.location)))
    outcome = Text(result.outcome.replace("_", " "), STYLES[result.outcome])
    status = "" if result.status is None else str(result.status)
    cells = (result.target, result.protocol or "", result.endpoint, status)
    return [*(Text(clean(cell)) for cell in cells), outcome, Text(clean(said))]
