"""What comes out of an export, whatever system made it."""

from dataclasses import dataclass
from datetime import datetime

from linkback.mentions import Kind, Protocol, State
from linkback.urls import UrlError, parse_url


class NotAnExportError(ValueError):
    """A file that is no export of its kind; the text says what it is instead, and what to do."""


class UnusableError(ValueError):
    """Something in an export that cannot be taken over; the text, a sentence, says why."""


@dataclass(frozen=True, slots=True)
class Imported:
    """
    One comment or linkback of another system.

    Texts are plain, but for `html`, which is safe HTML; `text` is its words. What the export does not say is empty.

    `origin_id` is what the export calls it, such as "wordpress:1234": the same at every import of that export, and
    another for everything else in it. `parent_id` is the origin_id of what it answers, empty if that is the post;
    nobody promises that the export has that too. `target` is the address of the post as the export has it, absolute but
    for Isso, which knows its path only. `protocol` is how a linkback came, None for a comment. `source` is the page
    that links, empty for a comment; `url` is where it can be read, if elsewhere; `title` is that of a linkback.

    `published_at` is when it was written, `received_at` when it came in where that is another time; both are in UTC.
    """

    origin_id: str
    target: str
    state: State
    published_at: datetime
    post_title: str = ""
    protocol: Protocol | None = None
    kind: Kind = Kind.REPLY
    author: str = ""
    email: str = ""
    author_url: str = ""
    author_photo: str = ""
    source: str = ""
    url: str = ""
    title: str = ""
    html: str = ""
    text: str = ""
    rsvp: str = ""
    received_at: datetime | None = None
    parent_id: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """
    Something that was passed over; `why` is a sentence.

    `origin_id` is as in Imported, empty where what was passed over is not one thing with a name.
    """

    origin_id: str
    why: str


def usable(imported: Imported) -> Imported:
    """
    Hand back what can be taken over.

    Raises:
        UnusableError: if it belongs to no post, is a linkback without a page that links, or a comment without words.

    """
    if not imported.target:
        message = "The export does not say to which post it belongs."
        raise UnusableError(message)
    if imported.protocol is not None:
        _check_source(imported.source)
    elif not imported.html and imported.state is not State.DELETED:
        message = "It has no words."
        raise UnusableError(message)
    return imported


def _check_source(source: str) -> None:
    try:
        parse_url(source)
    except UrlError as error:
        message = f"The page that links: {error}"
        raise UnusableError(message) from error
