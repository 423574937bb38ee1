"""Comments: taking them in, finding them, and what their writers do with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from linkback.comments import Comment, Standing
from linkback.mentions import VISIBLE, State
from linkback.sites import Post, Site
from linkback.store.connection import Store
from linkback.store.keys import Partition
from linkback.store.pipeline import load_script
from linkback.store.records import flat, from_ms, ms_or_empty, read_hash, to_ms

SAME_FOR = timedelta(hours=1)
"""For so long a submission that is equal to another is that one."""


@dataclass(frozen=True, slots=True)
class Sender:
    """What is known of who sent a comment, and told to nobody; `writer` stands for the address, see `writer_of`."""

    email: str = ""
    writer: str = ""


class Comments:
    """The comments of all sites."""

    def __init__(self, store: Store) -> None:
        self._pipeline = store.pipeline
        self._layout = store.layout
        self._add = load_script("comment")

    async def add(self, comment: Comment, sender: Sender, double: str) -> str:
        """Write a comment in one atomic step; the id of the comment that stands for it, an earlier one for a double."""
        partition = self._layout.of_site(comment.site_id)
        stands_for = await self._pipeline.run(
            self._add,
            [
                partition.comment(comment.id),
                partition.double(double),
                partition.post(comment.post_key),
                partition.comments(comment.post_key),
                partition.comments_of_site(comment.site_id),
                partition.held(comment.site_id),
                partition.numbers,
            ],
            [
                comment.id,
                to_ms(comment.received_at),
                int(comment.state in VISIBLE),
                int(comment.state is State.HELD),
                partition.news,
                comment.post_key,
                round(SAME_FOR.total_seconds()),
                *flat(comment_fields(comment)),
                *("email", sender.email, "writer", sender.writer),
            ],
        )
        return str(stands_for)

    async def find(self, comment_id: str) -> Comment | None:
        """The comment with this id, in whichever partition it lies; None if there is none."""
        partitions = self._layout.all()
        replies = await self._pipeline.commands(("HGETALL", partition.comment(comment_id)) for partition in partitions)
        records = (read_hash(reply) for reply in replies)
        return next((read_comment(comment_id, record) for record in records if record), None)

    async def is_known_writer(self, site: Site, writer: str) -> bool:
        """Whether a comment of this writer has been approved on a site."""
        writers = self._layout.of_site(site.id).writers(site.id)
        return bool(writer) and bool(await self._pipeline.command("SISMEMBER", writers, writer))

    async def stands_under(self, post: Post, entry_id: str) -> bool:
        """Whether a comment or mention can be read under a post, and so be answered."""
        partition = self._layout.of_site(post.site.id)
        scores = await self._pipeline.commands(
            ("ZSCORE", index, entry_id) for index in (partition.comments(post.key), partition.visible(post.key))
        )
        return any(score is not None for score in scores)

    async def visible_of_post(self, post: Post, most: int) -> list[Comment]:
        """So many of a post's visible comments, the newest first."""
        partition = self._layout.of_site(post.site.id)
        ids = await self._pipeline.command("ZREVRANGE", partition.comments(post.key), 0, most - 1)
        return await self._load(partition, ids)

    async def _load(self, partition: Partition, ids: Sequence[str]) -> list[Comment]:
        replies = await self._pipeline.commands(("HGETALL", partition.comment(name)) for name in ids)
        records = zip(ids, map(read_hash, replies), strict=True)
        return [read_comment(name, record) for name, record in records if record]


def comment_fields(comment: Comment) -> dict[str, str | int]:
    """The hash of a comment, but for its number, which the store gives, and what is known of its sender."""
    return {
        "site": comment.site_id,
        "post": comment.post_key,
        "target": comment.target,
        "state": comment.state,
        "standing": comment.standing,
        "received_at": to_ms(comment.received_at),
        "edited_at": ms_or_empty(comment.edited_at),
        "name": comment.name,
        "website": comment.website,
        "text": comment.text,
        "html": comment.html,
        "in_reply_to": comment.in_reply_to,
    }


def read_comment(comment_id: str, fields: Mapping[str, str]) -> Comment:
    """The comment of a hash; what is known of its sender stays there."""
    received_at = from_ms(fields["received_at"])
    assert received_at is not None, comment_id  # noqa: S101 - comment.lua writes it with the record
    return Comment(
        id=comment_id,
        site_id=fields["site"],
        post_key=fields["post"],
        target=fields["target"],
        state=State(fields["state"]),
        standing=Standing(fields["standing"]),
        received_at=received_at,
        edited_at=from_ms(fields["edited_at"]),
        name=fields["name"],
        website=fields["website"],
        text=fields["text"],
        html=fields["html"],
        in_reply_to=fields["in_reply_to"],
        number=int(fields.get("number") or 0),
    )
