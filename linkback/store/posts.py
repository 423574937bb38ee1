"""Reading about posts: nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass

from linkback.comments import Comment
from linkback.mentions import Mention
from linkback.sites import Post, Site
from linkback.store.comments import read_comment
from linkback.store.connection import Store
from linkback.store.keys import Partition
from linkback.store.records import PostFacts, read_hash, read_mention, read_post


@dataclass(frozen=True, slots=True)
class PostView:
    """What readers may see of a post, or of a site: facts, the newest comments and mentions, each the newest first."""

    facts: PostFacts
    mentions: tuple[Mention, ...]
    comments: tuple[Comment, ...] = ()


class Posts:
    """The posts of all sites."""

    def __init__(self, store: Store) -> None:
        self._pipeline = store.pipeline
        self._layout = store.layout

    async def facts(self, post: Post) -> PostFacts:
        """What is known of a post."""
        partition = self._layout.of_site(post.site.id)
        return read_post(read_hash(await self._pipeline.command("HGETALL", partition.post(post.key))))

    async def facts_of(self, site: Site, post_keys: Sequence[str]) -> dict[str, PostFacts]:
        """What is known of some posts of a site, by their keys."""
        partition = self._layout.of_site(site.id)
        replies = await self._pipeline.commands(("HGETALL", partition.post(key)) for key in post_keys)
        return {key: read_post(read_hash(reply)) for key, reply in zip(post_keys, replies, strict=True)}

    async def view_of_site(self, site: Site, most: int) -> PostView:
        """So many of all visible comments of a site, and so many of its mentions; no facts, since they have many."""
        partition = self._layout.of_site(site.id)
        mentions, comments = await self._pipeline.commands(
            [
                ("ZREVRANGE", partition.visible_of_site(site.id), 0, most - 1),
                ("ZREVRANGE", partition.comments_of_site(site.id), 0, most - 1),
            ]
        )
        return await self._load(partition, PostFacts(), mentions, comments)

    async def view(self, post: Post, most: int) -> PostView:
        """A post with so many of its visible comments, and so many of its mentions; an unknown post has none."""
        partition = self._layout.of_site(post.site.id)
        fields, mentions, comments = await self._pipeline.commands(
            [
                ("HGETALL", partition.post(post.key)),
                ("ZREVRANGE", partition.visible(post.key), 0, most - 1),
                ("ZREVRANGE", partition.comments(post.key), 0, most - 1),
            ]
        )
        return await self._load(partition, read_post(read_hash(fields)), mentions, comments)

    async def _load(
        self, partition: Partition, facts: PostFacts, mentions: Sequence[str], comments: Sequence[str]
    ) -> PostView:
        keys = [*map(partition.mention, mentions), *map(partition.comment, comments)]
        records = list(map(read_hash, await self._pipeline.commands(("HGETALL", key) for key in keys)))
        of_mentions = zip(mentions, records[: len(mentions)], strict=True)
        of_comments = zip(comments, records[len(mentions) :], strict=True)
        return PostView(
            facts,
            tuple(read_mention(name, record) for name, record in of_mentions if record),
            tuple(read_comment(name, record) for name, record in of_comments if record),
        )
