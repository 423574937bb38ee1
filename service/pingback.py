"""POST /pingback and /xmlrpc: Pingback 1.0 over XML-RPC; whatever is wrong, the answer is XML-RPC at HTTP 200."""

from functools import lru_cache

from aiohttp import web

from linkback.protocols import pingback
from linkback.protocols.xmlrpc import Fault, InteropFault, MethodCall, decode_call, encode_fault, encode_response
from service.bodies import BodyTooLarge, read_body
from service.keys import MAX_BODY_BYTES, RECEPTION
from service.receiving import Reception
from service.refusals import pingback_answer

XML = {"Content-Type": "text/xml; charset=utf-8"}


async def call(request: web.Request) -> web.Response:
    """Answer one XML-RPC call."""
    answer = await _answer(request)
    body = encode_fault(answer) if isinstance(answer, Fault) else _encode_success(answer)
    return web.Response(body=body, headers=XML)


@lru_cache(maxsize=16)
def _encode_success(words: str) -> bytes:
    """The answer to most calls is one of a few sentences."""
    return encode_response(words)


async def _answer(request: web.Request) -> str | Fault:
    try:
        body = await read_body(request, request.app[MAX_BODY_BYTES])
    except BodyTooLarge as error:
        return Fault(InteropFault.TRANSPORT_ERROR, str(error))
    method_call = decode_call(body, request.charset or "")
    if isinstance(method_call, Fault):
        return method_call
    return await _ping(method_call, request.app[RECEPTION])


async def _ping(method_call: MethodCall, reception: Reception) -> str | Fault:
    if method_call.name != pingback.METHOD:
        return Fault(InteropFault.METHOD_NOT_FOUND, f"There is no method {method_call.name} here; call pingback.ping.")
    ping = pingback.decode(method_call)
    return ping if isinstance(ping, Fault) else pingback_answer(await reception.receive(ping))
