"""What our posts have told the pages that they link to."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from linkback.announcements import Outcome, SendResult, Sent
from linkback.mentions import Protocol
from linkback.store.connection import Store
from linkback.store.jobs import Job
from linkback.store.keys import WORKERS, Partition, Work
from linkback.store.pipeline import load_script
from linkback.store.records import from_ms, read_hash, to_ms


@dataclass(frozen=True, slots=True)
class Announcement:
    """A post whose links are to be told: `version` stands for its present state, `attempts` for failed readings."""

    site_id: str
    post_key: str
    url: str
    version: str
    attempts: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One post, and what it has told, by the canonical addresses of those who were told."""

    url: str
    sent: dict[str, Sent]


class Announcements:
    """The announcements of all sites."""

    def __init__(self, store: Store) -> None:
        self._pipeline = store.pipeline
        self._layout = store.layout
        self._finish = load_script("finish")

    async def of_job(self, job: Job) -> tuple[Announcement, dict[str, Sent]] | None:
        """The announcement that a job is about and what was told before; None if there is none."""
        fields, sent = await self._read(job.partition, job.item)
        if not fields:
            return None
        announcement = Announcement(
            site_id=fields["site"],
            post_key=job.item,
            url=fields["url"],
            version=fields["digest"],
            attempts=int(fields["attempts"]),
            detail=fields["detail"],
        )
        return announcement, sent

    async def record(self, announcement: Announcement, key: str, sent: Sent) -> None:
        """Write down what one target was told, as soon as it was."""
        partition, post_key = self._layout.of_site(announcement.site_id), announcement.post_key
        await self._pipeline.commands(
            [
                ("HSET", partition.sent(post_key), key, _written(sent)),
                ("ZADD", partition.announced(announcement.site_id), to_ms(sent.at), post_key),
            ]
        )

    async def finish(self, job: Job, announcement: Announcement, again_at: datetime | None) -> None:
        """End the job, and plan another try if there is to be one."""
        partition = job.partition
        await self._pipeline.run(
            self._finish,
            [partition.announcement(job.item), partition.jobs(Work.SEND), partition.later(Work.SEND)],
            [
                job.entry_id,
                WORKERS,
                job.item,
                "" if again_at is None else to_ms(again_at),
                *("attempts", announcement.attempts, "detail", announcement.detail),
            ],
        )

    async def latest(self, site_id: str, most: int) -> list[Told]:
        """So many posts of a site that have told something, those first that did so last."""
        partition = self._layout.of_site(site_id)
        keys = await self._pipeline.command("ZREVRANGE", partition.announced(site_id), 0, most - 1)
        found = [await self._read(partition, post_key) for post_key in keys]
        return [Told(fields.get("url", ""), sent) for fields, sent in found]

    async def _read(self, partition: Partition, post_key: str) -> tuple[dict[str, str], dict[str, Sent]]:
        fields, sent = await self._pipeline.commands(
            [("HGETALL", partition.announcement(post_key)), ("HGETALL", partition.sent(post_key))]
        )
        return read_hash(fields), {key: _read_sent(text) for key, text in read_hash(sent).items()}


def _written(sent: Sent) -> str:
    return json.dumps(asdict(sent) | {"at": to_ms(sent.at)})


def _read_sent(text: str) -> Sent:
    fields = json.loads(text)
    result = fields["result"]
    protocol = result["protocol"]
    return Sent(
        result=SendResult(
            target=result["target"],
            outcome=Outcome(result["outcome"]),
            protocol=Protocol(protocol) if protocol else None,
            endpoint=result["endpoint"],
            status=result["status"],
            answer=result["answer"],
            location=result["location"],
        ),
        version=fields["version"],
        at=_time(fields["at"]),
        is_removed=fields["is_removed"],
        attempts=fields["attempts"],
    )


def _time(ms: int) -> datetime:
    at = from_ms(ms)
    assert at is not None  # noqa: S101 - it was written as a time
    return at
