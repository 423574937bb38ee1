"""Connecting to the store, and making sure that it is one that this version can read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from linkback.store.errors import StoreError, as_store_errors
from linkback.store.keys import LAYOUT, SIGNING, WORKERS, Layout, Work
from linkback.store.pipeline import LONGEST_SILENCE_S, SharedPipeline

SCHEMA = 1
"""Version of everything that is written to the store; a change that old code could not read makes it one more."""

PARTITIONS = 64
"""Of a new store that may become a cluster; far more than the machines that it will ever have."""

EMBEDDED_PARTITIONS = 1
"""Of a new store that one blog has to itself."""


@dataclass(frozen=True, slots=True)
class Store:
    """An open store: the client for blocking reads, the pipeline for everything else, and how keys are spread."""

    client: redis.asyncio.Redis
    pipeline: SharedPipeline
    layout: Layout

    async def ping(self) -> None:
        """
        Ask whether the server answers.

        Raises:
            StoreUnavailable: if it does not.
        """
        await self.pipeline.command("PING")

    async def signing_secret(self, fresh: str) -> str:
        """The secret that all processes sign with: the one that is there, or else this fresh one from now on."""
        await self.pipeline.command("SET", SIGNING, fresh, "NX")
        return str(await self.pipeline.command("GET", SIGNING))


@asynccontextmanager
async def open_store(url: str, partitions: int = PARTITIONS) -> AsyncIterator[Store]:
    """
    Connect to the store at a redis://, rediss:// or unix:// address.

    A new store gets so many partitions; one that is in use keeps its number.

    Raises:
        StoreError: if it cannot be reached, or was written by another version.
    """
    async with connect(url) as client:
        with as_store_errors():
            layout = await _prepare(client, partitions)
        yield Store(client, SharedPipeline(client), layout)


def connect(url: str) -> redis.asyncio.Redis:
    """A client of the store at a redis://, rediss:// or unix:// address; it connects when it is first used."""
    return redis.asyncio.Redis.from_url(
        url,
        protocol=2,
        decode_responses=True,
        encoding_errors="replace",
        socket_timeout=LONGEST_SILENCE_S,
        socket_connect_timeout=LONGEST_SILENCE_S,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=1), retries=5),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
    )


async def _prepare(client: redis.asyncio.Redis, partitions: int) -> Layout:
    await client.hsetnx(LAYOUT, "schema", str(SCHEMA))
    await client.hsetnx(LAYOUT, "partitions", str(partitions))
    fields: dict[str, str] = await client.hgetall(LAYOUT)  # type: ignore[assignment]  # decode_responses is on
    if int(fields["schema"]) != SCHEMA:
        message = f"The store was written by another version (schema {fields['schema']}, this one reads {SCHEMA})."
        raise StoreError(message)
    layout = Layout(int(fields["partitions"]))
    for partition in layout.all():
        for work in Work:
            await _ensure_group(client, partition.jobs(work))
    return layout


async def _ensure_group(client: redis.asyncio.Redis, stream: str) -> None:
    try:
        await client.xgroup_create(stream, WORKERS, id="0", mkstream=True)
    except ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise
