"""What happens around every request: one log line, and a last answer when something of ours is broken."""

import time
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from linkback.store.errors import StoreError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger()


@web.middleware
async def one_line_a_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Log method, path, status and time; whatever is bound to the context on the way stands in the same line."""
    structlog.contextvars.clear_contextvars()
    begun = time.perf_counter()
    status = 500
    try:
        response = await handler(request)
        status = response.status
    except web.HTTPException as error:
        status = error.status
        raise
    finally:
        ms = round((time.perf_counter() - begun) * 1000, 1)
        log.info("request", method=request.method, path=request.path, status=status, ms=ms)
    return response


@web.middleware
async def last_resort(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer 503 when the store is away, and 500 when the fault is ours."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except StoreError as error:
        log.warning("store unavailable", error=str(error))
        text = "The store of this service does not answer; try again in a minute.\n"
        return web.Response(status=503, headers={"Retry-After": "60"}, text=text)
    except Exception:
        log.exception("request failed", path=request.path)
        return web.Response(status=500, text="Something in this service is broken; its log says what.\n")
