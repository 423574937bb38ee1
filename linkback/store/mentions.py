"""Reading single mentions."""

from linkback.mentions import Mention
from linkback.store.connection import Store
from linkback.store.records import read_hash, read_mention


async def find_mention(store: Store, mention_id: str) -> Mention | None:
    """The mention with this id, in whichever partition it lies; None if there is none."""
    partitions = store.layout.all()
    replies = await store.pipeline.commands(("HGETALL", partition.mention(mention_id)) for partition in partitions)
    records = [record for record in map(read_hash, replies) if record]
    return read_mention(mention_id, records[0]) if records else None
