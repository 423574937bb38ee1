"""
The names of all keys.

Every key of a site carries the hash tag of the site's partition, so that whatever must change together lies in one
slot of a cluster. How many partitions there are is fixed when a store is first used.
"""

import zlib
from dataclasses import dataclass
from enum import StrEnum

LAYOUT = "lb:layout"
"""Hash: `schema`, the version of all that is written here, and `partitions`, their number."""

SIGNING = "lb:signing"
"""String: the secret that we sign with, the same for all processes; made when it is first needed."""

WORKERS = "workers"
"""The consumer group of the job streams."""


class Work(StrEnum):
    """What workers do; each kind of work has its own jobs."""

    VERIFY = "verify"
    FOLLOW = "follow"
    SEND = "send"


@dataclass(frozen=True, slots=True)
class Partition:
    """The keys of one partition."""

    number: int

    def jobs(self, work: Work) -> str:
        """Stream of what is to be done now: mentions to verify, sites to follow, posts to announce."""
        return f"{self._prefix}{work}:jobs"

    def later(self, work: Work) -> str:
        """Sorted set of what is to be done later, by the time in milliseconds."""
        return f"{self._prefix}{work}:later"

    @property
    def news(self) -> str:
        """Channel on which every settled or postponed job is told."""
        return f"{self._prefix}news"

    def mention(self, mention_id: str) -> str:
        """Hash of one mention, see records.py."""
        return f"{self._prefix}mention:{mention_id}"

    def post(self, post_key: str) -> str:
        """Hash of one post: what its page says, and its version."""
        return f"{self._prefix}post:{post_key}"

    def visible(self, post_key: str) -> str:
        """Sorted set of the ids of a post's visible mentions, by the time they arrived in milliseconds."""
        return f"{self._prefix}visible:{post_key}"

    def visible_of_site(self, site_id: str) -> str:
        """Sorted set of the ids of a site's visible mentions, by the time they arrived in milliseconds."""
        return f"{self._prefix}visible-of:{site_id}"

    def comment(self, comment_id: str) -> str:
        """Hash of one comment, see comments.py."""
        return f"{self._prefix}comment:{comment_id}"

    def comments(self, post_key: str) -> str:
        """Sorted set of the ids of a post's visible comments, by the time they arrived in milliseconds."""
        return f"{self._prefix}comments:{post_key}"

    def comments_of_site(self, site_id: str) -> str:
        """Sorted set of the ids of a site's visible comments, by the time they arrived in milliseconds."""
        return f"{self._prefix}comments-of:{site_id}"

    def held(self, site_id: str) -> str:
        """Sorted set of the ids of what waits for a site's owner, comments and mentions, by the time they arrived."""
        return f"{self._prefix}held:{site_id}"

    def writers(self, site_id: str) -> str:
        """Set of those of whom a comment has been approved on a site, see `comments.writer_of`."""
        return f"{self._prefix}writers:{site_id}"

    def actions(self, site_id: str) -> str:
        """Stream of what the owner of a site has done, by whom and when."""
        return f"{self._prefix}actions:{site_id}"

    def double(self, digest: str) -> str:
        """String: the id of the comment that was made of the same submission a moment ago."""
        return f"{self._prefix}double:{digest}"

    @property
    def numbers(self) -> str:
        """Counter: how many mentions have become visible, the number of the last one."""
        return f"{self._prefix}numbers"

    def feed(self, site_id: str) -> str:
        """Hash of what is known of a site's own feed, see feeds.py."""
        return f"{self._prefix}feed:{site_id}"

    def announcement(self, post_key: str) -> str:
        """Hash of a post as its blog's feed told of it, see announcements.py."""
        return f"{self._prefix}announcement:{post_key}"

    def sent(self, post_key: str) -> str:
        """Hash of what a post has told the pages that it links to, by their canonical addresses."""
        return f"{self._prefix}sent:{post_key}"

    def announced(self, site_id: str) -> str:
        """Sorted set of the keys of a site's posts that have told something, by when they last did, in milliseconds."""
        return f"{self._prefix}announced:{site_id}"

    @property
    def _prefix(self) -> str:
        return f"lb:{{{self.number}}}:"


@dataclass(frozen=True, slots=True)
class Layout:
    """How the keys are spread."""

    partitions: int

    def of_site(self, site_id: str) -> Partition:
        """The partition in which all of a site's keys lie."""
        return Partition(zlib.crc32(site_id.encode()) % self.partitions)

    def all(self) -> list[Partition]:
        """Every partition."""
        return [Partition(number) for number in range(self.partitions)]
