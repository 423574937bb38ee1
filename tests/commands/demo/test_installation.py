"""What the demo learns from the service's log."""

import asyncio
import re

import pytest

from commands.demo.installation import Installation
from commands.demo.steps import ServiceFailed


async def installation_that_logged(*lines: bytes) -> Installation:
    log = asyncio.StreamReader()
    log.feed_data(b"".join(line + b"\n" for line in lines))
    log.feed_eof()
    installation = Installation()
    await installation.follow(log)
    return installation


async def test_an_event_that_has_happened_is_found_by_its_facts() -> None:
    service = await installation_that_logged(
        b'{"event": "fetched", "level": "info", "what": "target", "bytes": 1}',
        b"no event at all",
        b'{"event": "fetched", "level": "info", "what": "source", "bytes": 2}',
    )
    assert (await service.event("fetched", what="source"))["bytes"] == 2
    assert service.past_event("fetched", what="nothing") is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"event": "not fetched", "level": "info", "detail": "HTTP 500"}', "not fetched” HTTP 500"),
        (b'{"event": "ping refused", "level": "info", "outcome": "closed"}', "ping refused” closed"),
        (b'{"event": "process died", "level": "error"}', "process died”"),
        (b"Traceback", "the service has ended"),
    ],
)
async def test_an_event_that_will_not_come_is_not_waited_for(line: bytes, why: str) -> None:
    service = await installation_that_logged(line)
    with pytest.raises(ServiceFailed, match=re.escape(why)):
        await service.event("mention settled")
