"""The receiver's way into the store."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from linkback.mentions import RENEWABLE, Protocol, Reason, Received, State
from linkback.store.connection import Store
from linkback.store.keys import Work
from linkback.store.pipeline import load_script
from linkback.store.records import received_fields, to_ms

LOOK_AGAIN_AFTER = {
    Protocol.PINGBACK: timedelta(days=1),
    Protocol.TRACKBACK: timedelta(days=1),
    Protocol.WEBMENTION: timedelta(0),
}
"""A source that stands is looked at again when it is pinged again, if the last look is older than this; a webmention
that is sent again says that the source has changed (Webmention section 3.2.4)."""

REPLACED = f",{','.join(sorted(RENEWABLE))},"
"""The states that a new ping replaces, as receive.lua takes them."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a ping: `is_new` says that a look at its source is under way because of it."""

    is_new: bool
    state: State
    reason: Reason


class Inbox:
    """Takes pings in."""

    def __init__(self, store: Store) -> None:
        self._pipeline = store.pipeline
        self._layout = store.layout
        self._receive = load_script("receive")

    async def receive(self, received: Received, now: datetime) -> Receipt:
        """
        Write the mention and its job in one atomic step; what is there already stays as it is.

        When this returns, the server has written it, and as durably as the server's appendfsync says.
        """
        partition = self._layout.of_site(received.post.site.id)
        status, state, reason = await self._pipeline.run(
            self._receive,
            [partition.mention(received.id), partition.jobs(Work.VERIFY), partition.later(Work.VERIFY)],
            [
                received.id,
                to_ms(now),
                to_ms(now - LOOK_AGAIN_AFTER[received.ping.protocol]),
                REPLACED,
                *chain.from_iterable(received_fields(received, now).items()),
            ],
        )
        return Receipt(status == "new", State(state), Reason(reason))
