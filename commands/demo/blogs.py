"""The demo's blogs as web servers: one that takes linkbacks, and two that link to its post."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from urllib.parse import quote

import aiohttp
import jinja2
from aiohttp import web
from markupsafe import Markup

from commands.demo.stories import BREAD, NIGHT_TRAIN, SOUP, Story
from service.languages import format_day

LOOPBACK = "127.0.0.1"
EMBED_WITHIN = aiohttp.ClientTimeout(total=5)
STOPS_WITHIN_S = 1.0

Handler = Callable[[web.Request], Awaitable[web.Response]]

_templates = jinja2.Environment(
    loader=jinja2.PackageLoader("commands.demo"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Addresses:
    """A post and everything of the service's that its page writes down."""

    post: str
    pingback: str
    trackback: str
    feed: str
    embed: str


@dataclass(frozen=True, slots=True)
class Blogs:
    """Where the demo's blogs can be read: the post that takes linkbacks, and the two that link to it."""

    home: str
    post: Addresses
    bread: str
    soup: str


def addresses_of(post: str, service: str) -> Addresses:
    """Write a post's addresses down from its own and that of the service, as the template of any blog can."""
    target = f"?target={quote(post, safe='')}"
    return Addresses(
        post=post,
        pingback=f"{service}/pingback",
        trackback=f"{service}/trackback{target}",
        feed=f"{service}/comments.rss{target}",
        embed=f"{service}/embed{target}",
    )


@asynccontextmanager
async def open_blogs(service: str) -> AsyncIterator[Blogs]:
    """Serve the blogs on free ports; `service` is the address that the post's page names."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(timeout=EMBED_WITHIN))
        home, address = _free_address()
        post = addresses_of(home + NIGHT_TRAIN.path, service)
        await _serve(NIGHT_TRAIN, _post_with_linkbacks(post, session), address, stack)
        sources = []
        for story in (BREAD, SOUP):
            url, address = _free_address()
            await _serve(story, _post_that_links(story, post.post), address, stack)
            sources.append(url + story.path)
        yield Blogs(home + "/", post, *sources)


def _free_address() -> tuple[str, socket.socket]:
    """A port of our own before anything is served there, since pages name each other's addresses."""
    listening = socket.create_server((LOOPBACK, 0))
    return f"http://{LOOPBACK}:{listening.getsockname()[1]}", listening


async def _serve(story: Story, page: Handler, address: socket.socket, stack: AsyncExitStack) -> None:
    async def to_the_post(_request: web.Request) -> web.Response:
        raise web.HTTPFound(story.path)

    app = web.Application()
    app.add_routes([web.get("/", to_the_post), web.get(story.path, page), web.get("/style.css", _style)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOPS_WITHIN_S)
    stack.push_async_callback(runner.cleanup)
    await runner.setup()
    await web.SockSite(runner, address).start()


def _post_with_linkbacks(addresses: Addresses, session: aiohttp.ClientSession) -> Handler:
    async def page(_request: web.Request) -> web.Response:
        linkbacks = Markup(await _include(session, addresses.embed))  # noqa: S704 - the service made it for inclusion
        html = _render(NIGHT_TRAIN, addresses=addresses, linkbacks=linkbacks)
        return web.Response(text=html, content_type="text/html", headers={"X-Pingback": addresses.pingback})

    return page


def _post_that_links(story: Story, target: str) -> Handler:
    html = _render(story, target=target)

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=html, content_type="text/html")

    return page


async def _include(session: aiohttp.ClientSession, url: str) -> str:
    """What a server-side include puts there: the piece of page at an address, or nothing while it cannot be had."""
    try:
        async with session.get(url) as answer:
            return await answer.text() if answer.ok else ""
    except (aiohttp.ClientError, TimeoutError):
        return ""


def _render(story: Story, **facts: object) -> str:
    written = datetime.now(UTC) - timedelta(days=1)
    day = format_day(written, story.language)
    return _templates.get_template(f"{story.name}.html").render(story=story, written=written, day=day, **facts)


async def _style(_request: web.Request) -> web.Response:
    css = files("commands.demo").joinpath("style.css").read_text(encoding="utf-8")
    return web.Response(text=css, content_type="text/css")
