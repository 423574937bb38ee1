"""Reading a request's body within a bound."""

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
    if (request.content_length or 0) > limit:
        raise BodyTooLarge(limit)
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge(limit)
    return bytes(body)
