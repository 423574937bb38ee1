"""
The names of all keys.

Every key of a site carries the hash tag of the site's partition, so that whatever must change together lies in one
slot of a cluster. How many partitions there are is fixed when a store is first used.
"""

import zlib
from dataclasses import dataclass

LAYOUT = "lb:layout"
"""Hash: `schema`, the version of all that is written here, and `partitions`, their number."""

WORKERS = "workers"
"""The consumer group of the job streams."""


@dataclass(frozen=True, slots=True)
class Partition:
    """The keys of one partition."""

    number: int

    @property
    def jobs(self) -> str:
        """Stream of jobs: one entry for each mention whose source is to be looked at now."""
        return f"{self._prefix}jobs"

    @property
    def later(self) -> str:
        """Sorted set of mention ids whose source is to be looked at later, by the time in milliseconds."""
        return f"{self._prefix}later"

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
