"""What the tests with other people's programs share: a post that names our endpoints, processes, and our feed."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import feedparser
from aiohttp import web
from conftest import Blog

from commands.snippet import snippet

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
WITHIN_S = 60
LOOPBACK_ALLOWED = {"LINKBACK_FETCH__ALLOW_NETWORKS": '["127.0.0.0/8"]'}


@dataclass(frozen=True)
class Done:
    """What a program left behind."""

    code: int
    out: str
    err: str


def in_headers(ours: Blog, receiver: str) -> str:
    """Put our post up with headers that name our endpoints."""
    return _advertise(
        ours, {"X-Pingback": f"{receiver}/pingback", "Link": f'<{receiver}/webmention>; rel="webmention"'}
    )


def in_tags(ours: Blog, receiver: str) -> str:
    """Put our post up with the tags of `linkback snippet`."""
    return _advertise(ours, {}, snippet(f"{ours.url}/post", receiver))


def _advertise(ours: Blog, headers: Mapping[str, str], tags: str = "") -> str:
    async def answer(_request: web.Request) -> web.StreamResponse:
        page = f"<html><head><title>On hills</title>{tags}</head><body><h1>On hills</h1></body></html>"
        return web.Response(text=page, content_type="text/html", headers=headers)

    ours.answers["/post"] = answer
    return f"{ours.url}/post"


async def run(*command: str | Path, **variables: str) -> Done:
    """Run a program to its end."""
    process = await _start(command, variables, asyncio.subprocess.PIPE)
    async with asyncio.timeout(WITHIN_S):
        out, err = await process.communicate()
    return Done(process.returncode or 0, out.decode(), err.decode())


async def run_python(program: str, *arguments: str, **variables: str) -> Done:
    """Run one of programs/ to its end."""
    return await run(sys.executable, PROGRAMS / f"{program}.py", *arguments, **variables)


async def linkback_send(*arguments: str) -> Done:
    """Run `linkback send`."""
    return await run(sys.executable, "-m", "commands.main", "send", *arguments, **LOOPBACK_ALLOWED)


@asynccontextmanager
async def serving(program: str, *arguments: str, **variables: str) -> AsyncIterator[str]:
    """Run one of programs/ that prints its address first and then serves; give the address, and end it afterwards."""
    process = await _start((sys.executable, PROGRAMS / f"{program}.py", *arguments), variables, None)
    assert process.stdout
    try:
        async with asyncio.timeout(WITHIN_S):
            address = (await process.stdout.readline()).decode().strip()
        assert address.startswith("http"), f"{program} has not started."
        yield address
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _start(
    command: tuple[str | Path, ...], variables: Mapping[str, str], stderr: int | None
) -> asyncio.subprocess.Process:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LINKBACK_")}
    return await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env={**environment, "NO_PROXY": "*", "no_proxy": "*", **variables},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=stderr,
    )


async def get(url: str, /, **parameters: str) -> bytes:
    """Fetch what stands at an address."""
    async with aiohttp.ClientSession() as session, session.get(url, params=parameters) as response:
        response.raise_for_status()
        return await response.read()


async def entries(receiver: str, post: str) -> list[tuple[str, str]]:
    """What the post's comment feed holds: title and address of each entry."""
    feed = feedparser.parse(await get(f"{receiver}/comments.rss", target=post))
    return [(entry.title, entry.link) for entry in feed.entries]
