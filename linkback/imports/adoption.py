"""From what an export says to what is stored: comments and mentions of our own posts."""

import hashlib

from linkback.comments import Comment, Standing, comment_id
from linkback.imports.record import Imported, Skipped
from linkback.mentions import Mention, Reason, State, mention_id
from linkback.sites import Post, Sites
from linkback.urls import Url, UrlError, parse_url

_STANDINGS = {State.SPAM: Standing.BY_OWNER, State.DELETED: Standing.BY_OWNER, State.HELD: Standing.FOR_OWNER}
_REASONS = {State.SPAM: Reason.BY_OWNER, State.DELETED: Reason.BY_OWNER, State.HELD: Reason.HELD_FOR_OWNER}


def post_of(imported: Imported, sites: Sites, home: Url) -> Post | None:
    """
    The post that something belongs to, None if that is none of ours.

    `home` is what the addresses of an export are relative to, where they are.
    """
    try:
        return sites.locate(home.join(imported.target))
    except UrlError:
        return None


def adopted(imported: Imported, post: Post) -> Comment | Mention | Skipped:
    """
    Make the record of something imported; the same thing becomes the same record at every import.

    Raises:
        UrlError: if a linkback has no usable source, which the readers of exports let nothing pass with.

    """
    if imported.protocol is None:
        return _comment(imported, post)
    source = parse_url(imported.source)
    if post.site.blocks(source):
        return Skipped(imported.origin_id, "It comes from a host that is blocked.")
    return Mention(
        id=mention_id(source, post),
        site_id=post.site.id,
        post_key=post.key,
        protocol=imported.protocol,
        source=imported.source,
        target=post.url,
        state=imported.state,
        reason=_REASONS.get(imported.state, Reason.LINKS),
        received_at=imported.received_at or imported.published_at,
        title=imported.title,
        excerpt=imported.text,
        kind=imported.kind,
        url=imported.url,
        author=imported.author,
        author_url=imported.author_url,
        author_photo=imported.author_photo,
        content=imported.html,
        rsvp=imported.rsvp,
        published_at=imported.published_at,
    )


def _comment(imported: Imported, post: Post) -> Comment:
    return Comment(
        id=_comment_id(imported.origin_id, post),
        site_id=post.site.id,
        post_key=post.key,
        target=post.url,
        state=imported.state,
        standing=_STANDINGS.get(imported.state, Standing.WELCOME),
        received_at=imported.received_at or imported.published_at,
        name=imported.author or "Anonymous",
        website=imported.author_url,
        text=imported.text,
        html=imported.html,
        in_reply_to=_comment_id(imported.parent_id, post) if imported.parent_id else "",
    )


def _comment_id(origin_id: str, post: Post) -> str:
    """An id made of the origin's alone, so that what answers a comment can name it before it is there."""
    digest = hashlib.sha256(f"{post.site.id} {origin_id}".encode("utf-8", "replace")).digest()
    return comment_id(int.from_bytes(digest[:6]), int.from_bytes(digest[6:16]))
