"""Reading about posts: nothing here writes."""

from dataclasses import dataclass

from linkback.mentions import Mention
from linkback.sites import Post
from linkback.store.connection import Store
from linkback.store.records import PostFacts, read_hash, read_mention, read_post


@dataclass(frozen=True, slots=True)
class PostView:
    """What readers may see of a post: its facts, and its newest visible mentions, newest first."""

    facts: PostFacts
    mentions: tuple[Mention, ...]


class Posts:
    """The posts of all sites."""

    def __init__(self, store: Store) -> None:
        self._pipeline = store.pipeline
        self._layout = store.layout

    async def facts(self, post: Post) -> PostFacts:
        """What is known of a post."""
        partition = self._layout.of_site(post.site.id)
        return read_post(read_hash(await self._pipeline.command("HGETALL", partition.post(post.key))))

    async def view(self, post: Post, most: int) -> PostView:
        """A post with so many of its visible mentions; an unknown post has none."""
        partition = self._layout.of_site(post.site.id)
        fields, ids = await self._pipeline.commands(
            [
                ("HGETALL", partition.post(post.key)),
                ("ZREVRANGE", partition.visible(post.key), 0, most - 1),
            ]
        )
        records = await self._pipeline.commands(("HGETALL", partition.mention(mention_id)) for mention_id in ids)
        found = zip(ids, map(read_hash, records), strict=True)
        mentions = (read_mention(mention_id, record) for mention_id, record in found if record)
        return PostView(read_post(read_hash(fields)), tuple(mentions))
