"""The command line of Linkback."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer
import uvloop

from commands.embedded import DataDirError
from commands.importing import FORMATS, run_import
from commands.importing import Order as ImportOrder
from commands.moderate import Decision, run_decision, run_list
from commands.processes import wait_for_the_end
from commands.send import Order, run_send
from commands.sent import Question, run_sent
from commands.serve import serve as serve_all
from commands.snippet import snippet as render_snippet
from config.logs import configure_logs
from config.settings import Settings, SettingsError, load_settings
from linkback.store.errors import StoreError
from linkback.urls import UrlError, parse_url
from service.server import run_receiver
from workers.runner import run_worker

CANNOT_START = 1

app = typer.Typer(
    help="Pingbacks, trackbacks and a comment feed for any blog.", no_args_is_help=True, pretty_exceptions_enable=False
)

moderate = typer.Typer(
    help="What waits for you, and what you decide. Exit codes: 0, 1 if something was not done, 2 if nothing could be.",
    no_args_is_help=True,
)
app.add_typer(moderate, name="moderate")

Ids = Annotated[list[str], typer.Argument(help="Ids, as `linkback moderate list` shows them.", show_default=False)]
Config = Annotated[
    Path | None, typer.Option(help="The settings file; without it LINKBACK_CONFIG names one.", show_default=False)
]
FollowParent = Annotated[bool, typer.Option("--follow-parent", hidden=True)]


@app.command()
def demo(
    *,
    once: Annotated[bool, typer.Option("--once", help="End after the last step: 0 if all went well, else 1.")] = False,
) -> None:
    """A French demo blog, two blogs that link to it, and every step of what happens then."""
    from commands.demo import run_demo  # noqa: PLC0415 - the demo loads what no service needs

    raise typer.Exit(run_demo(once=once))


@app.command()
def serve(config: Config = None, *, follow_parent: FollowParent = False) -> None:
    """Receiver and worker in one, on an embedded Valkey unless store.url is set."""
    settings = _settings(config)
    _run(lambda stop: serve_all(settings, config, stop), follows_parent=follow_parent)


@app.command()
def receiver(config: Config = None, *, follow_parent: FollowParent = False) -> None:
    """The receiver alone, on the Redis or Valkey of store.url; run as many as you like."""
    settings = _settings(config, needs_store=True)
    _run(lambda stop: run_receiver(settings, stop), follows_parent=follow_parent)


@app.command()
def worker(config: Config = None, *, follow_parent: FollowParent = False) -> None:
    """A worker alone, on the Redis or Valkey of store.url; run as many as you like."""
    settings = _settings(config, needs_store=True)
    _run(lambda stop: run_worker(settings, stop), follows_parent=follow_parent)


@app.command()
def snippet(url: Annotated[str, typer.Argument(help="The address of the post.")], config: Config = None) -> None:
    """The tags to put into a post's template."""
    settings = _settings(config)
    try:
        post = settings.all_sites().locate(parse_url(url))
    except UrlError as error:
        _fail(str(error))
    if post is None:
        _fail(f"{url} lies under no site of the settings: add a [[sites]] whose home it begins with.")
    typer.echo(render_snippet(post.url, settings.public_url), nl=False)


@app.command()
def send(
    source: Annotated[str, typer.Argument(help="The address of your page.", show_default=False)],
    targets: Annotated[
        list[str] | None,
        typer.Argument(help="What it links to; without any, all its links to other sites.", show_default=False),
    ] = None,
    config: Config = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Find the endpoints, and send nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """
    Tell the pages that a page of yours links to: by webmention, pingback or trackback, as each of them asks for.

    Needs no running service. Name the targets to tell them of links that are gone, or of a page that is (HTTP 410).

    Exit codes: 0 if all was sent or there was nothing to send, 1 if something failed or was refused, 2 if the command
    or the settings are wrong or the source cannot be read.
    """
    raise typer.Exit(run_send(Order(source, targets or (), config, dry_run, as_json)))


@app.command()
def sent(
    site: Annotated[str, typer.Option(help="The id of one site; without it, all of them.", show_default=False)] = "",
    most: Annotated[int, typer.Option("--most", min=1, help="How many posts of each site.")] = 20,
    config: Config = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """
    What your posts have told the pages that they link to, by themselves: when, how, and what was answered.

    Linkback tells them where `feed` is set for a site. Needs the running service, or the store of store.url.

    Exit codes: 0, or 2 if the settings are wrong or the store cannot be read.
    """
    raise typer.Exit(run_sent(Question(site, most, config, as_json)))


@app.command("import")
def import_(
    kind: Annotated[str, typer.Argument(metavar="FORMAT", help=f"One of {', '.join(FORMATS)}.", show_default=False)],
    file: Annotated[Path, typer.Argument(help="The export; for isso its database.", show_default=False)],
    site: Annotated[str, typer.Option(help="The site it belongs to, if there are several.", show_default=False)] = "",
    config: Config = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read everything, and write nothing.")] = False,
) -> None:
    """
    Take over the comments and linkbacks of another system: twice is the same as once, and a broken run is run again.

    Exit codes: 0, or 2 if the file cannot be read or the store cannot be used.
    """
    if kind not in FORMATS:
        _fail(f"{kind!r} is no format; there are {', '.join(FORMATS)}.")
    raise typer.Exit(run_import(ImportOrder(kind, file, site, config, dry_run)))


@moderate.command("list")
def moderate_list(
    site: Annotated[str, typer.Option(help="The id of one site; without it, all of them.", show_default=False)] = "",
    config: Config = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """What waits for your decision, the oldest first."""
    raise typer.Exit(run_list(site, config, is_json=as_json))


@moderate.command()
def approve(ids: Ids, config: Config = None) -> None:
    """Show these comments and mentions under their posts; later comments of the same writers need no approval."""
    raise typer.Exit(run_decision(Decision("approve", ids, config)))


@moderate.command()
def hold(ids: Ids, config: Config = None) -> None:
    """Take these out of sight until you decide again."""
    raise typer.Exit(run_decision(Decision("hold", ids, config)))


@moderate.command()
def spam(ids: Ids, config: Config = None) -> None:
    """Call these spam: nobody sees them, and their senders' next pings do not bring them back."""
    raise typer.Exit(run_decision(Decision("spam", ids, config)))


@moderate.command()
def delete(ids: Ids, config: Config = None) -> None:
    """Delete these; a page that pings again is not taken again."""
    raise typer.Exit(run_decision(Decision("delete", ids, config)))


def _settings(config: Path | None, *, needs_store: bool = False) -> Settings:
    try:
        settings = load_settings(config)
    except SettingsError as error:
        _fail(str(error))
    if needs_store and not settings.store.url:
        _fail("store.url is not set: name a Redis or Valkey server, or run `linkback serve`, which brings its own.")
    configure_logs(settings.log)
    return settings


def _run(journey: Callable[[asyncio.Event], Awaitable[None]], *, follows_parent: bool) -> None:
    async def run() -> None:
        await journey(await wait_for_the_end(follows_parent=follows_parent))

    try:
        uvloop.run(run())
    except (StoreError, DataDirError, OSError) as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(CANNOT_START)


if __name__ == "__main__":
    app()
