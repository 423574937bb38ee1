"""
Reads WordPress' export, "WordPress eXtended RSS" (WXR) 1.0 to 1.2.

Each `item` of an RSS feed is a post, its comments are `wp:comment` in it. What this reader knows of the format is what
WordPress writes (wp-admin/includes/export.php), and what its plugin Webmention keeps in a comment's meta data.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from html import unescape
from typing import BinaryIO

from lxml import etree

from linkback.imports.record import Imported, NotAnExportError, Skipped, UnusableError, usable
from linkback.imports.texts import MAX_NAME, MAX_TITLE, address, email, html_of_lines, moment, plain, words_of
from linkback.imports.xml_stream import fields, read_records
from linkback.markup import parse
from linkback.mentions import Kind, Protocol, State
from linkback.microformats import ANSWERS

_NAMESPACE = "http://wordpress.org/export/"
"""How the namespace of WordPress' own elements begins; the version comes after it."""

_COMMENT = "wp:comment"
_PUBLIC = frozenset({"", "publish", "inherit"})
"""The states of posts that everybody may read; attachments inherit theirs."""

_STATES = {
    "1": State.APPROVED,
    "approve": State.APPROVED,
    "0": State.HELD,
    "hold": State.HELD,
    "spam": State.SPAM,
    "trash": State.DELETED,
    "post-trashed": State.DELETED,
}
_COMMENTS = frozenset({"", "comment", "review"})
_KINDS = {
    "comment": Kind.REPLY,
    "reply": Kind.REPLY,
    "like": Kind.LIKE,
    "favorite": Kind.LIKE,
    "repost": Kind.REPOST,
    "bookmark": Kind.BOOKMARK,
    "rsvp": Kind.RSVP,
}
_TRACKBACK = re.compile(r"\s*<strong>(.*?)</strong>\s*(.*)", re.DOTALL)
"""WordPress writes the title of a trackback into its words."""


@dataclass(frozen=True, slots=True)
class _Post:
    url: str
    title: str
    status: str
    has_password: bool


def read_wordpress(file: BinaryIO) -> Iterator[Imported | Skipped]:
    """
    Read the comments, pingbacks, trackbacks and webmentions of an export, in its order.

    Those of posts that not everybody may read are passed over. A date that is told in the blog's own time only is taken
    for UTC. No more memory is taken than the longest post needs.

    Raises:
        NotAnExportError: if the file is none; when the first one is asked for.

    """
    post: _Post | None = None
    for element in read_records(file, ("item", _COMMENT), _check_root):
        if isinstance(element, Skipped):
            post = None
            yield element
        elif element.tag == "item":
            post = _read_post(element)
        else:
            yield _read_comment(element, post)


def _check_root(root: str) -> None:
    is_feed = root.startswith("rss")
    if is_feed and _NAMESPACE in root:
        return
    what = f"It begins with <{plain(root, 60)}>" if root else "It is not XML"
    message = (
        f"This is no export of WordPress. {'It is a feed' if is_feed else what}."
        " In WordPress, make one under Tools, Export, All content."
    )
    raise NotAnExportError(message)


def _read_post(item: etree._Element) -> _Post:
    said = fields(item)
    return _Post(
        url=said.get("link", "").strip(),
        title=plain("".join(parse(said.get("title", "")).texts), MAX_TITLE),
        status=said.get("status", "").strip(),
        has_password=bool(said.get("post_password", "").strip()),
    )


def _read_comment(element: etree._Element, post: _Post | None) -> Imported | Skipped:
    said = fields(element)
    number = said.get("comment_id", "").strip()
    if not (number.isascii() and number.isdigit()):
        return Skipped("", "A comment has no number (wp:comment_id).")
    origin_id = f"wordpress:{number}"
    try:
        return usable(_imported(origin_id, said, _meta(element), _public(post)))
    except UnusableError as error:
        return Skipped(origin_id, str(error))


def _public(post: _Post | None) -> _Post:
    if post is None:
        message = "Its post cannot be read."
        raise UnusableError(message)
    if post.status not in _PUBLIC:
        message = f"Its post is not public: it is {plain(post.status, 40)!r}."
        raise UnusableError(message)
    if post.has_password:
        message = "Its post is not public: it has a password."
        raise UnusableError(message)
    return post


def _meta(element: etree._Element) -> dict[str, str]:
    """What plugins have noted of a comment."""
    notes = map(fields, element.iterchildren(f"{str(element.tag).rpartition('}')[0]}}}commentmeta"))
    return {note.get("meta_key", ""): note.get("meta_value", "").strip() for note in notes}


def _imported(origin_id: str, said: Mapping[str, str], meta: Mapping[str, str], post: _Post) -> Imported:
    html = html_of_lines(said.get("comment_content", ""))
    parent = said.get("comment_parent", "").strip()
    comment = Imported(
        origin_id,
        post.url,
        _state(said),
        moment(said.get("comment_date_gmt", ""), said.get("comment_date", "")),
        post_title=post.title,
        author=plain(unescape(said.get("comment_author", "")), MAX_NAME),
        email=email(said.get("comment_author_email", "")),
        author_url=_address(said.get("comment_author_url", "")),
        html=html,
        text=words_of(html),
        parent_id=f"wordpress:{parent}" if parent.strip("0") else "",
    )
    match _protocol(said, meta):
        case Protocol.WEBMENTION:
            return _webmention(comment, said, meta)
        case Protocol.TRACKBACK:
            return _trackback(comment, said)
        case Protocol.PINGBACK:
            return _pingback(comment, said)
    return comment


def _state(said: Mapping[str, str]) -> State:
    written = said.get("comment_approved", "").strip()
    if written not in _STATES:
        message = f"Nobody knows whether it was approved: wp:comment_approved is {plain(written, 40)!r}."
        raise UnusableError(message)
    return _STATES[written]


def _protocol(said: Mapping[str, str], meta: Mapping[str, str]) -> Protocol | None:
    written = said.get("comment_type", "").strip()
    if written in {Protocol.PINGBACK, Protocol.TRACKBACK}:
        return Protocol(written)
    if Protocol.WEBMENTION in {written, meta.get("protocol")} or _source(meta):
        return Protocol.WEBMENTION
    if written in _COMMENTS:
        return None
    message = f"It is neither a comment nor a linkback: its type is {plain(written, 40)!r}."
    raise UnusableError(message)


def _pingback(comment: Imported, said: Mapping[str, str]) -> Imported:
    """The author of a pingback is the title of the page that links."""
    title = plain(unescape(said.get("comment_author", "")), MAX_TITLE)
    return _linkback(comment, Protocol.PINGBACK, title)


def _trackback(comment: Imported, said: Mapping[str, str]) -> Imported:
    """The author of a trackback is the name of the blog."""
    titled = _TRACKBACK.fullmatch(said.get("comment_content", ""))
    if not titled:
        return replace(_linkback(comment, Protocol.TRACKBACK), author=comment.author)
    html = html_of_lines(titled[2])
    linkback = replace(comment, html=html, text=words_of(html))
    title = plain("".join(parse(titled[1]).texts), MAX_TITLE)
    return replace(_linkback(linkback, Protocol.TRACKBACK, title), author=comment.author)


def _linkback(comment: Imported, protocol: Protocol, title: str = "") -> Imported:
    source = comment.author_url
    return replace(
        comment, protocol=protocol, kind=Kind.MENTION, source=source, title=title, author="", author_url="", email=""
    )


def _webmention(comment: Imported, said: Mapping[str, str], meta: Mapping[str, str]) -> Imported:
    """Say what the plugins Webmention and, before it, Semantic-Linkbacks have noted; "rsvp:yes" is a kind to them."""
    kind, _, answer = (meta.get("semantic_linkbacks_type") or said.get("comment_type", "")).strip().partition(":")
    return replace(
        comment,
        protocol=Protocol.WEBMENTION,
        kind=_KINDS.get(kind, Kind.MENTION),
        source=_source(meta) or comment.author_url,
        url=_address(meta.get("url") or meta.get("semantic_linkbacks_canonical", "")),
        author_url=_address(meta.get("semantic_linkbacks_author_url", "")) or comment.author_url,
        author_photo=_address(meta.get("avatar") or meta.get("semantic_linkbacks_avatar", "")),
        rsvp=answer if answer in ANSWERS else "",
    )


def _source(meta: Mapping[str, str]) -> str:
    return _address(meta.get("webmention_source_url") or meta.get("semantic_linkbacks_source", ""))


def _address(text: str) -> str:
    """Read an address, in which older versions of WordPress wrote "&" as in HTML."""
    return address(text.replace("&amp;", "&").replace("&#038;", "&"))
