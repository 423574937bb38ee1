"""Mentions: finding one, and writing what became of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from linkback.mentions import VISIBLE, Mention
from linkback.sites import Post, Site
from linkback.store.connection import Store
from linkback.store.jobs import Job
from linkback.store.keys import WORKERS, Partition, Work
from linkback.store.pipeline import load_script
from linkback.store.records import PostFacts, changed_fields, flat, post_fields, read_hash, read_mention, to_ms


class Mentions:
    """The mentions of all sites."""

    def __init__(self, store: Store) -> None:
        self._pipeline = store.pipeline
        self._layout = store.layout
        self._settle = load_script("settle")

    async def find(self, mention_id: str) -> Mention | None:
        """The mention with this id, in whichever partition it lies; None if there is none."""
        partitions = self._layout.all()
        replies = await self._pipeline.commands(("HGETALL", partition.mention(mention_id)) for partition in partitions)
        found = (_read(mention_id, read_hash(reply)) for reply in replies)
        return next(filter(None, found), None)

    async def visible_of_posts(self, posts: Iterable[Post], most: int) -> list[Mention]:
        """So many of the visible mentions of these posts, the newest of all first."""
        places = [(self._layout.of_site(post.site.id), post.key) for post in posts]
        return await self._newest([(partition, partition.visible(key)) for partition, key in places], most)

    async def visible_of_sites(self, sites: Iterable[Site], most: int) -> list[Mention]:
        """So many of the visible mentions of these sites, the newest of all first."""
        places = [(self._layout.of_site(site.id), site.id) for site in sites]
        return await self._newest([(partition, partition.visible_of_site(key)) for partition, key in places], most)

    async def _newest(self, indexes: Sequence[tuple[Partition, str]], most: int) -> list[Mention]:
        newest = ("+inf", "-inf", "WITHSCORES", "LIMIT", 0, most)
        replies = await self._pipeline.commands(("ZREVRANGEBYSCORE", index, *newest) for _, index in indexes)
        entries = [
            (float(received_at), name, partition)
            for (partition, _), reply in zip(indexes, replies, strict=True)
            for name, received_at in read_hash(reply).items()
        ]
        entries.sort(key=lambda entry: entry[:2], reverse=True)
        names = [(name, partition) for _, name, partition in entries[:most]]
        records = await self._pipeline.commands(("HGETALL", partition.mention(name)) for name, partition in names)
        found = (_read(name, read_hash(record)) for (name, _), record in zip(names, records, strict=True))
        return list(filter(None, found))

    async def of_job(self, job: Job) -> Mention | None:
        """The mention that a job is about, None if it is no more."""
        reply = await self._pipeline.command("HGETALL", job.partition.mention(job.item))
        return _read(job.item, read_hash(reply))

    async def settle(  # noqa: PLR0913 - one atomic step, and all that it writes
        self,
        job: Job,
        before: Mention,
        after: Mention,
        *,
        post: PostFacts | None,
        look_again_at: datetime | None,
        now: datetime,
    ) -> bool:
        """
        Write the verdict, the index, the post's version, the next look and the job's end in one atomic step.

        Args:
            job: what ends by this.
            before: the record on which the verdict is founded.
            after: the record after it.
            post: what has been learnt about the post, None for nothing.
            look_again_at: when the source is to be looked at again; None for never.
            now: the time of all this.

        Returns:
            False if another worker had ended the job, or the mention had changed since the job was claimed.

        """
        partition = job.partition
        mention_values = flat(changed_fields(before, after))
        return bool(
            await self._pipeline.run(
                self._settle,
                [
                    partition.mention(after.id),
                    partition.jobs(Work.VERIFY),
                    partition.post(after.post_key),
                    partition.visible(after.post_key),
                    partition.later(Work.VERIFY),
                    partition.visible_of_site(after.site_id),
                    partition.numbers,
                    partition.held(after.site_id),
                ],
                [
                    job.entry_id,
                    WORKERS,
                    after.id,
                    partition.news,
                    after.post_key,
                    to_ms(now),
                    before.state,
                    int(after.state in VISIBLE),
                    "" if look_again_at is None else to_ms(look_again_at),
                    len(mention_values),
                    *mention_values,
                    *(flat(post_fields(post)) if post else []),
                ],
            )
        )


def _read(mention_id: str, record: Mapping[str, str]) -> Mention | None:
    return read_mention(mention_id, record) if record else None
