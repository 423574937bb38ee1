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
    """
    Log method, path, status and time; whatever is bound to the context on the way stands in the same line.

    Answers 503 when the store is away, and 500 when the fault is ours.
    """
    structlog.contextvars.clear_contextvars()
    begun = time.perf_counter()
    status = 500
    try:
        response = await handler(request)
        status = response.status
    except web.HTTPException as error:
        status = error.status
        raise
    except StoreError as error:
        log.warning("store unavailable", error=str(error))
        response = _store_away()
        status = response.status
    except Exception:
        log.exception("request failed", path=request.path)
        response = web.Response(status=status, text="Something in this service is broken; its log says what.\n")
    finally:
        ms = round((time.perf_counter() - begun) * 1000, 1)
        log.info("request", method=request.method, path=request.path, status=status, ms=ms)
    return response


def _store_away() -> web.Response:
    text = "The store of this service does not answer; try again in a minute.\n"
    return web.Response(status=503, headers={"Retry-After": "60"}, text=text)
