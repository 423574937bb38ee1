"""What is taken over from other systems."""

from datetime import datetime, timedelta

from linkback.comments import Comment, writer_of
from linkback.mentions import VISIBLE, Mention, State
from linkback.store.comments import comment_fields
from linkback.store.connection import Store
from linkback.store.keys import Work
from linkback.store.pipeline import load_script
from linkback.store.records import PostFacts, all_fields, flat, to_ms
from linkback.verdicts import next_look


class Adoptions:
    """Writes records that other systems made."""

    def __init__(self, store: Store, every: timedelta) -> None:
        self._pipeline = store.pipeline
        self._layout = store.layout
        self._every = every
        self._import = load_script("import")

    async def add(self, entry: Comment | Mention, email: str, post: PostFacts, now: datetime) -> bool:
        """
        Write an entry in one atomic step; False if it is there already.

        The sources of mentions are looked at in their turn, which spreads the looks over `every`.
        """
        partition = self._layout.of_site(entry.site_id)
        if isinstance(entry, Comment):
            record, fields = partition.comment(entry.id), comment_fields(entry)
            fields |= {"email": email, "writer": writer_of(email)}
            indexes = (partition.comments(entry.post_key), partition.comments_of_site(entry.site_id))
            look_at = None
        else:
            record, fields = partition.mention(entry.id), all_fields(entry)
            indexes = (partition.visible(entry.post_key), partition.visible_of_site(entry.site_id))
            look_at = next_look(entry, self._every, now)
        return bool(
            await self._pipeline.run(
                self._import,
                [
                    record,
                    *indexes,
                    partition.held(entry.site_id),
                    partition.post(entry.post_key),
                    partition.numbers,
                    partition.later(Work.VERIFY),
                ],
                [
                    entry.id,
                    to_ms(entry.received_at),
                    int(entry.state in VISIBLE),
                    int(entry.state is State.HELD),
                    partition.news,
                    entry.post_key,
                    to_ms(now),
                    "" if look_at is None else to_ms(look_at),
                    post.url,
                    post.title,
                    *flat(fields),
                ],
            )
        )
