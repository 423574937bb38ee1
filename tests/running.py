"""Commands of ours as processes, with their settings and the events of their logs."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

WITHIN_S = 30.0
ROOT = Path(__file__).parents[1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def write_settings(folder: Path, home: str, more: str = "") -> tuple[Path, str]:
    """The path of a settings file, and the address of the receiver that it sets up; `more` ends the file."""
    port = free_port()
    path = folder / "linkback.toml"
    path.write_text(
        f'[server]\nport = {port}\n[store]\ndata_dir = "{folder}/data"\n[log]\nformat = "json"\n'
        f'[fetch]\nallow_networks = ["127.0.0.0/8"]\n[worker]\nlease = 1\n'
        f'[[sites]]\nid = "ours"\nname = "Ours"\nhome = "{home}/"\n{more}'
    )
    return path, f"http://127.0.0.1:{port}"


class Service:
    """A running command, and the events of its log."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.seen: list[dict[str, Any]] = []

    async def event(self, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The next event of this kind."""
        assert self.process.stderr is not None
        async with asyncio.timeout(WITHIN_S):
            async for line in self.process.stderr:
                event: dict[str, Any] = json.loads(line)
                self.seen.append(event)
                if is_it(event):
                    return event
        message = f"the command ended without it: {self.seen}"
        raise AssertionError(message)

    async def ready(self) -> None:
        """Wait until receiver and worker are."""
        waited_for = {"receiver ready", "worker ready"}
        while waited_for:
            event = await self.event(lambda event: event["event"] in waited_for)
            waited_for.discard(event["event"])

    def pid_of(self, process: str) -> int:
        """The process started last under this name."""
        starts = [event for event in self.seen if event["event"] == "process started" and event["process"] == process]
        return int(starts[-1]["pid"])

    async def end(self) -> int:
        """Tell it to end, and say with which code it did."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(WITHIN_S):
            await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode


@asynccontextmanager
async def linkback(*arguments: str, **environment: str) -> AsyncIterator[Service]:
    """Run a command of ours; it is ended when the block is left."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "commands.main",
        *arguments,
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    service = Service(process)
    try:
        yield service
    finally:
        await service.end()


async def told_by(config: Path, *arguments: str) -> tuple[int, str, str]:
    """Run a command of ours to its end with these settings: its exit code, and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "commands.main", *arguments, "--config", str(config)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()
