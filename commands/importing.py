"""`linkback import`: takes over the comments and linkbacks of another system, as often as you like."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from commands.running_store import RunningStoreError, running_store
from config.settings import Settings
from linkback.imports import isso
from linkback.imports.adoption import adopted, post_of
from linkback.imports.comment_feed import read_comment_feed
from linkback.imports.disqus import read_disqus
from linkback.imports.record import Imported, NotAnExportError, Skipped
from linkback.imports.webmention_io import read_webmention_io
from linkback.imports.wordpress import read_wordpress
from linkback.plain_text import clean
from linkback.sites import Site, Sites
from linkback.store.adoptions import Adoptions
from linkback.store.records import PostFacts

DONE = 0
CANNOT_IMPORT = 2

AT_ONCE = 200
MOST_TOLD = 20

Records = Iterable[Imported | Skipped]


class ImportFailed(Exception):  # noqa: N818 - it names what happened
    """Nothing can be imported; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for on the command line; without a site, the only one that there is."""

    format: str
    file: Path
    site: str
    config: Path | None
    is_dry_run: bool


@dataclass(slots=True)
class Tally:
    """What became of everything in a file."""

    counts: Counter[str] = field(default_factory=Counter)
    skipped: list[Skipped] = field(default_factory=list)

    def skip(self, skipped: Skipped) -> None:
        """Count something that was passed over; the first are told one by one."""
        self.counts["skipped"] += 1
        if len(self.skipped) < MOST_TOLD:
            self.skipped.append(skipped)


def run_import(order: Order) -> int:
    """Import a file and print what became of it; the exit code."""
    try:
        tally = asyncio.run(_import(order))
    except (ImportFailed, RunningStoreError, NotAnExportError, OSError) as error:
        typer.echo(clean(str(error)), err=True)
        return CANNOT_IMPORT
    for skipped in tally.skipped:
        typer.echo(clean(f"{skipped.origin_id or 'Somewhere in the file'}: {skipped.why}"), err=True)
    if tally.counts["skipped"] > len(tally.skipped):
        typer.echo(f"… and {tally.counts['skipped'] - len(tally.skipped)} more that were passed over.", err=True)
    done = "would be imported" if order.is_dry_run else "imported"
    counts = tally.counts
    typer.echo(f"{counts['new']} {done}, {counts['known']} were there already, {counts['skipped']} passed over.")
    return DONE


async def _import(order: Order) -> Tally:
    async with running_store(order.config) as (store, settings):
        sites, site = settings.all_sites(), _site(settings, order.site)
        adoptions = Adoptions(store, timedelta(seconds=settings.worker.look_again_every))
        tally = Tally()
        with _opened(order) as records, _progress() as advance:
            while batch := list(islice(records, AT_ONCE)):
                await asyncio.gather(*(_take_over(each, sites, site, adoptions, tally, order) for each in batch))
                advance(len(batch))
        return tally


async def _take_over(  # noqa: PLR0913, PLR0917 - one step of the import, and all that it needs
    record: Imported | Skipped, sites: Sites, site: Site, adoptions: Adoptions, tally: Tally, order: Order
) -> None:
    if isinstance(record, Skipped):
        tally.skip(record)
        return
    post = post_of(record, sites, site.home)
    if post is None:
        tally.skip(Skipped(record.origin_id, f"{record.target} belongs to no site of the settings."))
        return
    entry = adopted(record, post)
    if isinstance(entry, Skipped):
        tally.skip(entry)
        return
    if order.is_dry_run:
        tally.counts["new"] += 1
        return
    facts = PostFacts(url=post.url, title=record.post_title)
    is_new = await adoptions.add(entry, record.email, facts, datetime.now(UTC))
    tally.counts["new" if is_new else "known"] += 1


def _site(settings: Settings, wanted: str) -> Site:
    """The site that an export belongs to, by whose home relative addresses are read."""
    sites = [site for site in settings.all_sites() if wanted in {"", site.id}]
    if len(sites) == 1:
        return sites[0]
    ids = ", ".join(site.id for site in settings.sites) or "none"
    message = f"Say by --site to which site the file belongs; there are: {ids}."
    raise ImportFailed(message)


@contextmanager
def _opened(order: Order) -> Iterator[Iterator[Imported | Skipped]]:
    """The records of a file, read as they are asked for."""
    if order.format == "isso":
        with _isso_database(order.file) as database:
            yield iter(isso.read_isso(_rows(database)))
        return
    with order.file.open("rb") as file:
        if order.format == "feed":
            yield iter(read_comment_feed(file.read()))
        else:
            yield iter(READERS[order.format](file))


READERS = {"wordpress": read_wordpress, "disqus": read_disqus, "webmention-io": read_webmention_io}
FORMATS = (*READERS, "isso", "feed")


@contextmanager
def _isso_database(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        message = f"There is no file {path}."
        raise ImportFailed(message)
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        database.text_factory = lambda raw: raw.decode("utf-8", "replace")
        yield database


def _rows(database: sqlite3.Connection) -> Iterator[tuple[object, ...]]:
    try:
        yield from database.execute(isso.QUERY)
    except sqlite3.Error as error:
        raise NotAnExportError(isso.NO_DATABASE) from error


@contextmanager
def _progress() -> Iterator[Callable[[int], None]]:
    console = Console(stderr=True)
    columns = (TextColumn("Importing"), BarColumn(), TextColumn("{task.completed}"))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=None)
        yield lambda count: progress.advance(bar, count)
