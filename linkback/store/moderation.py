"""What people decide about comments and mentions: owners about all of them, writers about their own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from linkback.comments import Comment, Standing
from linkback.mentions import VISIBLE, Mention, Reason, State
from linkback.sites import Site
from linkback.store.comments import Comments, comment_fields
from linkback.store.connection import Store
from linkback.store.keys import Partition, Work
from linkback.store.mentions import Mentions
from linkback.store.pipeline import load_script
from linkback.store.records import changed_fields, flat, to_ms

Entry = Comment | Mention


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody has done with an entry, such as "approve"."""

    at: datetime
    who: str
    what: str


class Moderation:
    """The owner's desk, as far as the store goes."""

    def __init__(self, store: Store) -> None:
        self._pipeline = store.pipeline
        self._layout = store.layout
        self._move = load_script("move")
        self._comments = Comments(store)
        self._mentions = Mentions(store)

    async def find(self, entry_id: str) -> Entry | None:
        """The comment or mention with this id; None if there is none."""
        return await self._comments.find(entry_id) or await self._mentions.find(entry_id)

    async def waiting(self, site: Site, most: int) -> list[Entry]:
        """So many of those that wait for a site's owner, the oldest first."""
        held = self._layout.of_site(site.id).held(site.id)
        ids = await self._pipeline.command("ZRANGE", held, 0, most - 1)
        found = [await self.find(entry_id) for entry_id in ids]
        return [entry for entry in found if entry is not None]

    async def decide(self, entry: Entry, state: State, action: Action) -> bool:
        """Put an entry into a state because its owner says so; False if it has moved on meanwhile, or is no more."""
        if isinstance(entry, Comment):
            after = replace(entry, state=state, standing=Standing.BY_OWNER)
            return await self.write(entry, after, action)
        approved = Reason.LINKS if state in VISIBLE else Reason.BY_OWNER
        decided = replace(entry, state=state, reason=approved)
        partition = self._layout.of_site(entry.site_id)
        keys = [
            partition.mention(entry.id),
            partition.visible(entry.post_key),
            partition.visible_of_site(entry.site_id),
        ]
        is_written = await self._run(keys, entry, decided, action, changed_fields(entry, decided))
        if is_written and state is State.DELETED:
            await self._pipeline.command("ZREM", partition.later(Work.VERIFY), entry.id)
        return is_written

    async def write(self, before: Comment, after: Comment, action: Action) -> bool:
        """Write a comment's new state or words; False as for `decide`."""
        partition = self._layout.of_site(before.site_id)
        keys = [
            partition.comment(before.id),
            partition.comments(before.post_key),
            partition.comments_of_site(before.site_id),
        ]
        old = comment_fields(before)
        changed = {name: value for name, value in comment_fields(after).items() if value != old[name]}
        return await self._run(keys, before, after, action, changed)

    async def erase(self, comment: Comment, action: Action) -> bool:
        """Delete a comment and all that was written or known of its writer; that there was one is remembered."""
        after = replace(
            comment, state=State.DELETED, standing=Standing.BY_WRITER, name="", website="", text="", html=""
        )
        is_written = await self.write(comment, after, action)
        if is_written:
            key = self._layout.of_site(comment.site_id).comment(comment.id)
            await self._pipeline.command("HDEL", key, "email", "writer")
        return is_written

    async def _run(
        self, keys: list[str], before: Entry, after: Entry, action: Action, changed: Mapping[str, str | int]
    ) -> bool:
        partition = self._layout.of_site(before.site_id)
        fields = changed or {"state": after.state}
        return bool(
            await self._pipeline.run(
                self._move,
                [*keys, *self._other_keys(partition, before)],
                [
                    before.id,
                    to_ms(action.at),
                    int(after.state in VISIBLE),
                    int(after.state is State.HELD),
                    partition.news,
                    before.post_key,
                    action.who,
                    action.what,
                    before.state,
                    *flat(fields),
                ],
            )
        )

    def _other_keys(self, partition: Partition, entry: Entry) -> list[str]:
        return [
            partition.held(entry.site_id),
            partition.post(entry.post_key),
            partition.numbers,
            partition.actions(entry.site_id),
            partition.writers(entry.site_id),
        ]
