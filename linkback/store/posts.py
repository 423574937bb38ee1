"""Reading about posts: nothing here writes."""

from dataclasses import dataclass

from linkback.comments import Comment
from linkback.mentions import Mention
from linkback.sites import Post
from linkback.store.comments import read_comment
from linkback.store.connection import Store
from linkback.store.records import PostFacts, read_hash, read_mention, read_post


@dataclass(frozen=True, slots=True)
class PostView:
    """What readers may see of a post: its facts, its newest comments and mentions, each the newest first."""

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
        keys = [*map(partition.mention, mentions), *map(partition.comment, comments)]
        records = list(map(read_hash, await self._pipeline.commands(("HGETALL", key) for key in keys)))
        of_mentions = zip(mentions, records[: len(mentions)], strict=True)
        of_comments = zip(comments, records[len(mentions) :], strict=True)
        return PostView(
            read_post(read_hash(fields)),
            tuple(read_mention(name, record) for name, record in of_mentions if record),
            tuple(read_comment(name, record) for name, record in of_comments if record),
        )
