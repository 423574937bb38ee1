"""The blogs that we serve, and which post of which blog a URL belongs to."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from linkback.urls import DEFAULT_PORTS, MAX_LENGTH, Url, untracked

_INDEX_PAGE = re.compile(r"/index\.(html?|php)$")


class Linkbacks(StrEnum):
    """What becomes of a linkback whose source really links to the post."""

    APPROVE = "approve"
    HOLD = "hold"
    CLOSED = "closed"


class Comments(StrEnum):
    """What becomes of a comment that nothing speaks against; hold-first shows those of who has been approved before."""

    HOLD_FIRST = "hold-first"
    APPROVE = "approve"
    HOLD = "hold"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Site:
    """
    A blog: every URL under `home`, or under one of `aliases`, may be a post of it.

    `needs_email` says that comments without an e-mail address are refused. `feed` is the blog's own. `blocked` are the
    hosts from which it takes nothing, those below them included.
    """

    id: str
    name: str
    home: Url
    aliases: tuple[Url, ...] = ()
    language: str = "en"
    linkbacks: Linkbacks = Linkbacks.APPROVE
    comments: Comments = Comments.HOLD_FIRST
    needs_email: bool = False
    feed: Url | None = None
    blocked: frozenset[str] = frozenset()

    def blocks(self, source: Url) -> bool:
        """Whether a page is on a host that is blocked, or below one."""
        labels = source.host.split(".")
        return any(".".join(labels[start:]) in self.blocked for start in range(len(labels)))


@dataclass(frozen=True, slots=True)
class Post:
    """
    A page of one of our sites.

    `path` is what follows the site's home, in the form that identifies the post, so that a post stays the same when
    the blog moves to https, to another domain, or drops a trailing slash. `url` is where it can be read.
    """

    site: Site
    path: str
    url: str = field(compare=False)

    @property
    def key(self) -> str:
        """A short name for the post, the same whichever of its addresses it was found under; for keys of the store."""
        return hashlib.sha256(f"{self.site.id} {self.path}".encode()).hexdigest()[:32]


class Sites:
    """All blogs of this installation."""

    def __init__(self, sites: Iterable[Site]) -> None:
        self._by_id = {site.id: site for site in sites}
        prefixes = [(prefix, site) for site in self._by_id.values() for prefix in (site.home, *site.aliases)]
        self._prefixes = sorted(prefixes, key=lambda pair: len(pair[0].path), reverse=True)

    def __iter__(self) -> Iterator[Site]:
        return iter(self._by_id.values())

    def get(self, site_id: str) -> Site | None:
        """The site with this id, None if there is none."""
        return self._by_id.get(site_id)

    def locate(self, url: Url) -> Post | None:
        """
        Say which post a URL is; the longest home wins.

        None if it lies under no site of ours, or so deep under an alias that below the home it would be too long.
        """
        for prefix, site in self._prefixes:
            path = _path_below(prefix, url)
            if path is not None:
                post = _post(site, path, untracked(url.query))
                return post if len(post.url) <= MAX_LENGTH else None
        return None


def _path_below(prefix: Url, url: Url) -> str | None:
    if _place(prefix) != _place(url):
        return None
    folder = prefix.path.removesuffix("/") + "/"
    if url.path + "/" == folder:
        return ""
    return url.path[len(folder) :] if url.path.startswith(folder) else None


def _place(url: Url) -> tuple[str, int]:
    """Host and port, in which http and https, with and without www, are one."""
    port = 0 if url.port == DEFAULT_PORTS[url.scheme] else url.port
    return url.host.removeprefix("www."), port


def _post(site: Site, path: str, query: str | None) -> Post:
    suffix = f"?{query}" if query else ""
    home = site.home
    shown = f"{home.scheme}://{home.authority}{home.path.removesuffix('/')}/{path}{suffix}"
    identity = _INDEX_PAGE.sub("/", f"/{path}").removesuffix("/")
    return Post(site=site, path=identity + suffix, url=shown)
