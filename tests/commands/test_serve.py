"""The processes of `linkback serve`, `receiver` and `worker`, as their owner meets them."""

import asyncio
import json
import os
import signal
import socket
import sys
import tempfile
import xmlrpc.client
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import feedparser
import pytest
from conftest import Blog

WITHIN_S = 30.0
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name: unix sockets cannot have long ones."""
    with tempfile.TemporaryDirectory(prefix="lb") as name:
        yield Path(name)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def write_settings(folder: Path, home: str) -> tuple[Path, str]:
    """The path of a settings file, and the address of the receiver that it sets up."""
    port = free_port()
    path = folder / "linkback.toml"
    path.write_text(
        f'[server]\nport = {port}\n[store]\ndata_dir = "{folder}/data"\n[log]\nformat = "json"\n'
        f'[fetch]\nallow_networks = ["127.0.0.0/8"]\n[worker]\nlease = 1\n'
        f'[[sites]]\nid = "ours"\nname = "Ours"\nhome = "{home}/"\n'
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


async def ping(receiver: str, source: str, target: str) -> str:
    with xmlrpc.client.ServerProxy(f"{receiver}/pingback") as proxy:
        return str(await asyncio.to_thread(proxy.pingback.ping, source, target))


async def sources_in_feed(receiver: str, target: str) -> list[str]:
    async with aiohttp.ClientSession() as session, session.get(f"{receiver}/comments.rss?target={target}") as response:
        return [entry.link for entry in feedparser.parse(await response.read()).entries]


async def test_what_was_received_is_there_after_a_restart(folder: Path, ours: Blog, theirs: Blog) -> None:
    config, receiver = write_settings(folder, ours.url)
    target = f"{ours.url}/post"
    source = theirs.linking("/a", target)
    async with linkback("serve", "--config", str(config)) as service:
        await service.ready()
        assert "registered" in await ping(receiver, source, target)
        assert await service.end() == 0
    async with linkback("serve", "--config", str(config)) as service:
        await service.ready()
        assert await sources_in_feed(receiver, target) == [source]


async def test_a_process_that_dies_is_started_again(folder: Path, ours: Blog, theirs: Blog) -> None:
    config, receiver = write_settings(folder, ours.url)
    target = f"{ours.url}/post"
    async with linkback("serve", "--config", str(config)) as service:
        await service.ready()
        for name in ("receiver", "worker"):
            os.kill(service.pid_of(name), signal.SIGKILL)
            await service.event(lambda event, name=name: event["event"] == f"{name} ready")  # type: ignore[misc]  # the default binds the loop's name
        assert "registered" in await ping(receiver, theirs.linking("/a", target), target)


async def test_two_services_cannot_share_a_data_folder(folder: Path, ours: Blog) -> None:
    config, _ = write_settings(folder, ours.url)
    async with linkback("serve", "--config", str(config)) as first:
        await first.ready()
        async with linkback("serve", "--config", str(config)) as second:
            _, errors = await second.process.communicate()
            assert b"Another `linkback serve` uses the data folder" in errors
            assert second.process.returncode == 1


async def test_nothing_is_left_when_the_supervisor_is_killed_and_a_new_one_starts(
    folder: Path, ours: Blog, theirs: Blog
) -> None:
    config, receiver = write_settings(folder, ours.url)
    target = f"{ours.url}/post"
    source = theirs.linking("/a", target)
    async with linkback("serve", "--config", str(config)) as service:
        await service.ready()
        await ping(receiver, source, target)
        service.process.kill()
        await service.event(lambda event: event["event"] == "receiver stopped")
        async with linkback("serve", "--config", str(config)) as successor:
            await successor.ready()
            assert await sources_in_feed(receiver, target) == [source]


@pytest.mark.usefixtures("store")
async def test_receiver_and_worker_work_apart_on_a_shared_server(
    folder: Path, valkey_url: str, ours: Blog, theirs: Blog
) -> None:
    config, receiver = write_settings(folder, ours.url)
    target = f"{ours.url}/post"
    apart = {"LINKBACK_STORE__URL": valkey_url, "LINKBACK_CONFIG": str(config)}
    async with linkback("receiver", **apart) as one, linkback("worker", **apart) as two:
        await one.event(lambda event: event["event"] == "receiver ready")
        await two.event(lambda event: event["event"] == "worker ready")
        assert "registered" in await ping(receiver, theirs.linking("/apart", target), target)


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (["receiver"], {}, b"store.url is not set"),
        (["worker"], {"LINKBACK_STORE__URL": "unix:///nowhere/at/all.sock"}, b"The store does not answer"),
        (["serve"], {"LINKBACK_SERVER__PORT": "x"}, b"server.port"),
        (["serve", "--config", "/no/such/file"], {}, b"There is no settings file /no/such/file"),
        (["serve"], {"LINKBACK_STORE__DATA_DIR": "/proc/nowhere"}, b"The data folder /proc/nowhere cannot be used"),
    ],
)
async def test_what_cannot_start_says_why(arguments: list[str], environment: dict[str, str], words: bytes) -> None:
    async with linkback(*arguments, **environment) as command:
        async with asyncio.timeout(WITHIN_S):
            _, errors = await command.process.communicate()
        assert words in errors
        assert b"Traceback" not in errors
        assert command.process.returncode == 1
