"""How a page names its feeds (HTML, link type "alternate")."""

from linkback.markup import HIDDEN, walk
from linkback.urls import Url, UrlError

_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json"})


def find_feed(html: str, *, url: Url) -> str:
    """
    The address of the first feed that a page names, "" if it names none that can be fetched.

    The first is the one that readers take; the feeds of comments are named after the blog's own.
    """
    reader = _FeedLinkReader()
    walk(html, reader)
    base = _join(url, reader.base) or url
    return next((feed.text for feed in (_join(base, address) for address in reader.addresses) if feed), "")


class _FeedLinkReader:
    """Writes down the feeds that a page names; nothing that stands in scripts or templates."""

    def __init__(self) -> None:
        self.base = ""
        self.addresses: list[str] = []
        self._hidden = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._hidden += tag in HIDDEN
        if self._hidden:
            return
        if tag == "base":
            self.base = self.base or attributes.get("href", "")
        elif tag == "link" and "alternate" in attributes.get("rel", "").lower().split():
            media_type = attributes.get("type", "").partition(";")[0].strip().lower()
            if media_type in _FEED_TYPES:
                self.addresses.append(attributes.get("href", ""))

    def end(self, tag: str) -> None:
        self._hidden -= tag in HIDDEN

    def close(self) -> None:
        """Return nothing, though lxml wants it called."""


def _join(url: Url, reference: str) -> Url | None:
    try:
        return url.join(reference) if reference.strip() else None
    except UrlError:
        return None
