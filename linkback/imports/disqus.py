"""
Reads Disqus' export (disqus.com/api/schemas/1.0/disqus.xsd), packed by gzip as it comes, or not.

What Disqus calls a thread is a post, and what it calls a post is a comment. All threads come before the first post.
"""

import re
from collections.abc import Iterator, Mapping
from html import escape, unescape
from typing import BinaryIO, NamedTuple
from urllib.parse import unquote

from lxml import etree

from linkback.imports.record import Imported, NotAnExportError, Skipped, UnusableError, usable
from linkback.imports.texts import MAX_NAME, MAX_TITLE, address, email, html_of_lines, moment, plain, words_of
from linkback.imports.xml_stream import fields, read_records
from linkback.mentions import State

_NAMESPACE = "{http://disqus.com}"
_ID = "{http://disqus.com/disqus-internals}id"

_COUNTED = re.compile(r"https?://disq\.us/(?:url)?\?url=([^\s\"'&<>]+)[^\s\"'<>]*")
"""Links lead over a counter of Disqus, which is told the real address and, behind a colon, a signature."""

_SIGNATURE = re.compile(r":[A-Za-z0-9_-]{27}\Z")
_MENTIONED = re.compile(r"@(\w+):disqus\b")


class _Thread(NamedTuple):
    url: str
    title: str
    is_deleted: bool


def read_disqus(file: BinaryIO) -> Iterator[Imported | Skipped]:
    """
    Read the comments of an export, in its order.

    Of each thread the address and the title are kept until the end, and of comments nothing.

    Raises:
        NotAnExportError: if the file is none; when the first comment is asked for.

    """
    threads: dict[str, _Thread] = {}
    for element in read_records(file, ("thread", "post"), _check_root):
        if isinstance(element, Skipped):
            yield element
        elif element.tag == f"{_NAMESPACE}thread":
            threads[element.get(_ID, "")] = _read_thread(element)
        else:
            yield _read_post(element, threads)


def _check_root(root: str) -> None:
    if root.startswith("disqus") and "http://disqus.com" in root:
        return
    what = f"It begins with <{plain(root, 60)}>" if root else "It is not XML"
    message = f"This is no export of Disqus. {what}. In Disqus, ask for one under Admin, Moderation, Export."
    raise NotAnExportError(message)


def _read_thread(element: etree._Element) -> _Thread:
    said = fields(element)
    url = said.get("link", "").strip() or address(said.get("id", ""))  # many blogs take the address for the identifier
    title = plain(unescape(said.get("title", "")), MAX_TITLE)
    return _Thread(url, title, _is_true(said, "isDeleted"))


def _read_post(element: etree._Element, threads: Mapping[str, _Thread]) -> Imported | Skipped:
    number = element.get(_ID, "").strip()
    if not number:
        return Skipped("", "A comment has no number (dsq:id).")
    origin_id = f"disqus:{number}"
    try:
        return usable(_imported(origin_id, element, threads))
    except UnusableError as error:
        return Skipped(origin_id, str(error))


def _imported(origin_id: str, element: etree._Element, threads: Mapping[str, _Thread]) -> Imported:
    said = fields(element)
    thread = threads.get(_id_of(element, "thread"))
    if thread is None:
        message = "Its thread is not in the export."
        raise UnusableError(message)
    author = element.find(f"{_NAMESPACE}author")
    writer = {} if author is None else fields(author)
    html = html_of_lines(_plainly_linked(said.get("message", "")))
    parent = _id_of(element, "parent")
    return Imported(
        origin_id,
        thread.url,
        State.DELETED if thread.is_deleted else _state(said),
        moment(said.get("createdAt", "")),
        post_title=thread.title,
        author=plain(writer.get("name", ""), MAX_NAME),
        email=email(writer.get("email", "")),
        html=html,
        text=words_of(html),
        parent_id=f"disqus:{parent}" if parent else "",
    )


def _id_of(element: etree._Element, name: str) -> str:
    child = element.find(f"{_NAMESPACE}{name}")
    return "" if child is None else child.get(_ID, "").strip()


def _state(said: Mapping[str, str]) -> State:
    if _is_true(said, "isDeleted"):
        return State.DELETED
    if _is_true(said, "isSpam"):
        return State.SPAM
    return State.HELD if said.get("isApproved", "").strip() == "false" else State.APPROVED


def _is_true(said: Mapping[str, str], name: str) -> bool:
    return said.get(name, "").strip() == "true"


def _plainly_linked(message: str) -> str:
    """Let links lead to where they lead, and call people by their names."""
    return _MENTIONED.sub(r"@\1", _COUNTED.sub(_destination, message))


def _destination(counted: re.Match[str]) -> str:
    return escape(_SIGNATURE.sub("", unquote(counted[1])))
