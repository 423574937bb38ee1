"""The processes of `linkback serve`, `receiver` and `worker`, as their owner meets them."""

import asyncio
import os
import signal
import xmlrpc.client
from pathlib import Path

import aiohttp
import feedparser
import pytest
from conftest import Blog
from running import WITHIN_S, linkback, write_settings


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
