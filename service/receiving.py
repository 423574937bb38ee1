"""What all linkback protocols have in common on the way in: screen, receive, and wait a little for the verdict."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from linkback.mentions import Ping, Reason, Received, Refusal, RefusalReason, screen
from linkback.sites import Sites
from linkback.store.errors import StoreError
from linkback.store.inbox import Inbox
from service.waiting import Waiting

UNREADABLE = frozenset({Reason.SOURCE_UNREADABLE, Reason.SOURCE_GONE})
"""Told only when the waiting time is over: how fast a source failed would tell what stands at its address."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reception:
    """Everything that receiving a ping needs; `answer_within` is in seconds."""

    sites: Sites
    inbox: Inbox
    waiting: Waiting
    answer_within: float

    async def receive(self, ping: Ping) -> Refusal | Reason:
        """Receive a ping whose sender waits: why it is refused, or what is known of it when the time has come."""
        outcome = await self._receive(ping)
        reason = outcome.reason if isinstance(outcome, Refusal) else outcome
        structlog.contextvars.bind_contextvars(protocol=ping.protocol, outcome=reason)
        return _logged(ping, outcome) if isinstance(outcome, Refusal) else outcome

    async def accept(self, ping: Ping) -> Refusal | Received:
        """Receive a ping whose sender does not wait; that it was received before is no refusal."""
        received = screen(ping, self.sites)
        if isinstance(received, Refusal):
            return _logged(ping, received)
        refusal = await self._store(received)
        if refusal is None or refusal.reason is RefusalReason.ALREADY_REGISTERED:
            return received
        return _logged(ping, refusal)

    async def _receive(self, ping: Ping) -> Refusal | Reason:
        received = screen(ping, self.sites)
        if isinstance(received, Refusal):
            return received
        if not self.answer_within:
            return await self._store(received) or Reason.WAITING
        with self.waiting.expect(received.id) as verdict:
            refusal = await self._store(received)
            return refusal or await self._verdict(verdict)

    async def _store(self, received: Received) -> Refusal | None:
        structlog.contextvars.bind_contextvars(mention=received.id)
        try:
            receipt = await self.inbox.receive(received, datetime.now(UTC))
        except StoreError:
            log.exception("ping not stored")
            return Refusal(RefusalReason.UNAVAILABLE, received.target.raw, "cannot be written to now; try again later.")
        if not receipt.is_new:
            return Refusal(RefusalReason.ALREADY_REGISTERED, received.source.raw, "has been registered before.")
        log.info("ping received", source=received.source.text, target=received.target.text)
        return None

    async def _verdict(self, verdict: "asyncio.Future[Reason]") -> Reason:
        deadline = asyncio.get_running_loop().time() + self.answer_within
        try:
            async with asyncio.timeout_at(deadline):
                reason = await verdict
        except TimeoutError:
            return Reason.WAITING
        if reason in UNREADABLE:
            await asyncio.sleep(deadline - asyncio.get_running_loop().time())
        return reason


def _logged(ping: Ping, refusal: Refusal) -> Refusal:
    log.info("ping refused", source=ping.source[:500], target=ping.target[:500], why=refusal.why)
    return refusal
