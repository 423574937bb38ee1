"""The `linkback serve` of the demo: a real one in a process of its own, whose log tells what happens."""

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from commands.demo.blogs import LOOPBACK
from commands.demo.steps import ServiceFailed, StepFailed

LONGEST_LINE = 1 << 20
KEPT_LINES = 12
ENDS_WITHIN_S = 30.0

Event = Mapping[str, Any]
"""One line of the log: what happened, under "event", and its facts."""

FAILURES = frozenset({"ping refused", "not fetched", "mention postponed"})
"""Events that the log of a service may well have, and that of the demo never has."""

REQUEST = "request"
"""The event that every request ends with: of no use where it must be told why something failed."""


class Installation:
    """What a running service has told in its log so far."""

    def __init__(self) -> None:
        self.last_lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._events: list[Event] = []
        self._failure = ""
        self._news = asyncio.Condition()

    async def event(self, name: str, **facts: object) -> Event:
        """
        The first event of a name with these facts, awaited if it has not happened yet.

        Raises:
            ServiceFailed: if the service fails before.
        """
        async with self._news:
            while (event := self.past_event(name, **facts)) is None:
                if self._failure:
                    raise ServiceFailed(self._failure)
                await self._news.wait()
            return event

    def past_event(self, name: str, **facts: object) -> Event | None:
        """The first event of a name with these facts, if it has happened."""
        wanted = {"event": name, **facts}
        return next((event for event in self._events if wanted.items() <= event.items()), None)

    async def follow(self, log: asyncio.StreamReader) -> None:
        """Read the log until its end."""
        async for line in log:
            await self._take(line.decode(errors="replace").rstrip())
        await self._fail("the service has ended")

    async def _take(self, line: str) -> None:
        try:
            event = json.loads(line)
        except ValueError:
            event = {"event": "", "level": ""}
        if event["event"] != REQUEST:
            self.last_lines.append(line)
        async with self._news:
            self._events.append(event)
            self._news.notify_all()
        if event["event"] in FAILURES or event["level"] in {"error", "critical"}:
            why = event.get("detail") or event.get("outcome") or ""
            await self._fail(f"the service says “{event['event']}” {why}".rstrip())

    async def _fail(self, why: str) -> None:
        async with self._news:
            self._failure = self._failure or why
            self._news.notify_all()


def free_port() -> int:
    """A port that nobody uses; not the usual one, which two demos at once would both find free."""
    with socket.create_server((LOOPBACK, 0)) as free:
        return int(free.getsockname()[1])


@asynccontextmanager
async def installed(folder: Path, port: int, site_name: str, home: str) -> AsyncIterator[Installation]:
    """
    Run a service for one French blog, with its settings and its store in a folder.

    A StepFailed that passes through takes the last lines of the log with it, as notes.
    """
    config = folder / "linkback.toml"
    config.write_text(_settings(folder / "data", port, site_name, home), encoding="utf-8")
    process = await _start(config)
    assert process.stderr is not None  # noqa: S101 - it is a pipe; this tells the type checker
    installation = Installation()
    following = asyncio.create_task(installation.follow(process.stderr))
    try:
        yield installation
    except StepFailed as failure:
        for line in installation.last_lines:
            failure.add_note(line)
        raise
    finally:
        await _end(process)
        following.cancel()


async def _start(config: Path) -> asyncio.subprocess.Process:
    """
    Start `linkback serve`, which ends when we do, however that is.

    It is in a session of its own, so that Ctrl-C on a terminal reaches us alone, and what the environment says of
    another installation is kept from it.
    """
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "commands.main", "serve", "--follow-parent", "--config", str(config)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
        start_new_session=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("LINKBACK_")},
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), ENDS_WITHIN_S)
    except TimeoutError:
        process.kill()
        await process.wait()


def _settings(data_dir: Path, port: int, site_name: str, home: str) -> str:
    """The settings file; a string of JSON is one of TOML too."""
    return f"""\
[server]
port = {port}

[store]
data_dir = {json.dumps(str(data_dir))}

[fetch]
allow_networks = ["127.0.0.0/8"]  # the blogs of the demo are on this machine

[log]
format = "json"

[[sites]]
id = "demo"
name = {json.dumps(site_name)}
home = {json.dumps(home)}
language = "fr"
"""
