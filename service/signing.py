"""Words of ours that come back from outside: signed, so that nobody else can have made them."""

import secrets
from datetime import UTC, datetime, timedelta

from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

from linkback.store.connection import Store


class Signing:
    """Makes and reads tokens; a token of one purpose is none of another."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._secret = ""

    async def stamp(self, post_key: str) -> str:
        """What a form carries, so that it can be told when it was made, and for which post."""
        return (await self._serializer("form")).dumps(post_key)

    async def made_at(self, stamp: str, post_key: str) -> datetime | None:
        """When the form with this stamp was made; None if it is none of ours for this post."""
        serializer = await self._serializer("form")
        try:
            value, made_at = serializer.loads(stamp, return_timestamp=True)
        except BadData:
            return None
        return made_at.astimezone(UTC) if value == post_key else None

    async def writers_token(self, comment_id: str) -> str:
        """What lets the writer of a comment change it for a while."""
        return (await self._serializer("writer")).dumps(comment_id)

    async def is_writers(self, token: str, comment_id: str, within: timedelta) -> bool:
        """Whether a token is that of a comment, and not older than this."""
        serializer = await self._serializer("writer")
        try:
            return bool(serializer.loads(token, max_age=round(within.total_seconds())) == comment_id)
        except (SignatureExpired, BadData):
            return False

    async def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        if not self._secret:
            self._secret = await self._store.signing_secret(secrets.token_urlsafe(32))
        return URLSafeTimedSerializer(self._secret, salt=f"linkback {purpose}")
