"""One pipeline shared by all concurrent callers, so that they share round trips and, at the other end, one fsync."""

import asyncio
import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import hiredis
import redis.asyncio
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import NoScriptError, RedisError, ResponseError

from linkback.store.errors import StoreUnavailable

MOST_AT_ONCE = 512
"""Commands sent in one pipeline; more would delay the first of them without making the last any faster."""

LONGEST_SILENCE_S = 10.0
"""Replies that take longer mean that the connection is lost; blocking reads wait for less."""

Argument = str | int | float


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script of scripts/, called by the digest of its text."""

    text: str
    digest: str


def load_script(name: str) -> Script:
    """Read scripts/<name>.lua."""
    text = files("linkback.store").joinpath("scripts", f"{name}.lua").read_text("utf-8")
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


@dataclass(slots=True)
class _Call:
    packed: bytes
    answer: "asyncio.Future[Any]"
    script: Script | None = None


def _call(*command: Argument, script: Script | None = None) -> _Call:
    """Packed here, so that a command that cannot be packed fails its caller, and not all who share the pipeline."""
    packed: bytes = hiredis.pack_command(command)  # type: ignore[arg-type]  # its stub knows commands of one word only
    return _Call(packed, asyncio.get_running_loop().create_future(), script)


class SharedPipeline:
    """
    Sends what is asked of it while a pipeline is under way in the next one, all together.

    A call returns when the server has answered it, and raises StoreUnavailable if it answered with an error, or not
    at all; then nothing is known of whether the command was carried out.
    """

    def __init__(self, redis: redis.asyncio.Redis) -> None:
        self._redis = redis
        self._waiting: list[_Call] = []
        self._sender: asyncio.Task[None] | None = None

    async def command(self, *command: Argument) -> Any:  # noqa: ANN401 - a reply may be of any type
        """Run one command."""
        return await self._submit(_call(*command))

    async def commands(self, commands: Iterable[Sequence[Argument]]) -> list[Any]:
        """Run several commands; they may be mixed with those of others."""
        calls = [_call(*command) for command in commands]
        return list(await asyncio.gather(*(self._submit(call) for call in calls)))

    async def run(self, script: Script, keys: Sequence[str], arguments: Sequence[Argument]) -> Any:  # noqa: ANN401 - a reply may be of any type
        """Run a script: one atomic step."""
        return await self._submit(_call("EVALSHA", script.digest, len(keys), *keys, *arguments, script=script))

    def _submit(self, call: _Call) -> "asyncio.Future[Any]":
        self._waiting.append(call)
        if self._sender is None:
            self._sender = asyncio.create_task(self._send_all())
        return call.answer

    async def _send_all(self) -> None:
        while self._waiting:
            calls, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            try:
                await self._send(calls)
            except Exception as error:  # noqa: BLE001 - whatever it was, each caller is to hear of it
                _fail(calls, error)
        self._sender = None

    async def _send(self, calls: list[_Call]) -> None:
        forgotten = []
        for call, reply in zip(calls, await self._execute(calls), strict=True):
            if isinstance(reply, NoScriptError):
                forgotten.append(call)
            else:
                _answer(call, reply)
        if forgotten:
            await self._teach(forgotten)
            for call, reply in zip(forgotten, await self._execute(forgotten), strict=True):
                _answer(call, reply)

    async def _teach(self, calls: list[_Call]) -> None:
        """Send the scripts of these calls to a server that has forgotten them, as it does when it restarts."""
        for script in {call.script for call in calls if call.script}:
            await self._redis.script_load(script.text)

    async def _execute(self, calls: list[_Call]) -> list[Any]:
        """
        Send the commands in one piece and read as many replies; an error of a command is its reply.

        This is what redis-py's pipeline does, without its packing in Python, which costs more than all the rest.
        """
        packed = b"".join(call.packed for call in calls)
        pool = self._redis.connection_pool
        connection: AbstractConnection = await pool.get_connection()  # type: ignore[no-untyped-call]  # redis-py's lack
        try:
            replies: list[Any] = await connection.retry.call_with_retry(
                lambda: _exchange(connection, packed, len(calls)), lambda _error: connection.disconnect()
            )
        finally:
            await pool.release(connection)
        return replies


async def _exchange(connection: AbstractConnection, packed: bytes, replies: int) -> list[Any]:
    await connection.send_packed_command(packed)
    async with asyncio.timeout(LONGEST_SILENCE_S):
        return [await _reply(connection) for _ in range(replies)]


async def _reply(connection: AbstractConnection) -> Any:  # noqa: ANN401 - a reply may be of any type
    try:
        return await connection.read_response(timeout=math.inf)
    except ResponseError as error:
        return error


def _answer(call: _Call, reply: object) -> None:
    if call.answer.done():
        return
    if isinstance(reply, RedisError | OSError):
        call.answer.set_exception(StoreUnavailable(reply))
    elif isinstance(reply, Exception):
        call.answer.set_exception(reply)
    else:
        call.answer.set_result(reply)


def _fail(calls: list[_Call], error: Exception) -> None:
    for call in calls:
        _answer(call, error)
