"""Reading a request's body within a bound."""

import asyncio

from aiohttp import hdrs, web

READ_WITHIN_S = 10.0

UNPACKED = frozenset({"", "identity"})


class BodyRefused(Exception):  # noqa: N818 - it names what became of the body
    """A body that is not read; the text says why, for its sender."""


class BodyTooLarge(BodyRefused):
    """A body over the bound; `limit` is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request is larger than {limit} bytes, which is the most that is read here.")
        self.limit = limit


async def read_body(request: web.Request, limit: int) -> bytes:
    """
    Read the body; no more of it than the bound is ever held.

    Raises:
        BodyTooLarge: if it is longer than that, or says so beforehand.
        BodyRefused: if it is packed, which no sender has reason to do, or does not come in as a whole and in time.
    """
    coding = request.headers.get(hdrs.CONTENT_ENCODING, "").strip().lower()
    if coding not in UNPACKED:
        message = f"The request is packed as {coding[:40]!r}; send it without a Content-Encoding."
        raise BodyRefused(message)
    if not request.can_read_body:
        return b""
    length = request.content_length
    if length is not None and length > limit:
        raise BodyTooLarge(limit)
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            return await (_read_chunks(request, limit) if length is None else request.content.readexactly(length))
    except (web.RequestPayloadError, OSError) as error:  # a TimeoutError is an OSError
        message = "The request did not come in as a whole; send it again."
        raise BodyRefused(message) from error


async def _read_chunks(request: web.Request, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge(limit)
    return bytes(body)
