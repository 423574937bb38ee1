"""Reading a request's body within a bound."""

import asyncio

from aiohttp import web


class BodyTooLarge(Exception):  # noqa: N818 - it names what the body is
    """A body over the bound; `limit` is in bytes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request is larger than {limit} bytes, which is the most that is read here.")
        self.limit = limit


async def read_body(request: web.Request, limit: int) -> bytes:
    """
    Read the body; no more of it than the bound is ever held.

    Raises:
        BodyTooLarge: if it is longer than that, or says so beforehand.
    """
    length = request.content_length
    if length is None:
        return await _read_chunks(request, limit)
    if length > limit:
        raise BodyTooLarge(limit)
    try:
        return await request.content.readexactly(length)
    except asyncio.IncompleteReadError as error:
        return error.partial


async def _read_chunks(request: web.Request, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge(limit)
    return bytes(body)
