"""GET /healthz and /readyz: for monitors."""

from aiohttp import web

from linkback.store.errors import StoreError
from service.keys import STORE


async def healthz(_request: web.Request) -> web.Response:
    """The process answers."""
    return web.Response(text="ok\n")


async def readyz(request: web.Request) -> web.Response:
    """The service can receive: 503 with the reason if it cannot."""
    try:
        await request.app[STORE].ping()
    except StoreError as error:
        return web.Response(status=503, text=f"{error}\n")
    return web.Response(text="ready\n")
