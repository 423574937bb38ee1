"""POST /pingback and /xmlrpc: Pingback 1.0 over XML-RPC; whatever is wrong, the answer is XML-RPC at HTTP 200."""

import asyncio
from functools import lru_cache

from aiohttp import web

from linkback.mentions import Protocol
from linkback.protocols import pingback
from linkback.protocols.introspection import (
    METHODS,
    MULTICALL,
    answer_about_itself,
    decode_multicall,
    encode_result,
    no_such_method,
)
from linkback.protocols.xmlrpc import (
    Fault,
    InteropFault,
    MethodCall,
    Value,
    decode_call,
    encode_fault,
    encode_response,
)
from linkback.urls import UrlError, parse_url
from service.bodies import BodyRefused, read_body
from service.keys import MAX_BODY_BYTES, MAX_MULTICALL, POSTS, RECEPTION, SITES
from service.refusals import pingback_answer

XML = {"Content-Type": "text/xml; charset=utf-8"}
MOST_LISTED = 1000


async def call(request: web.Request) -> web.Response:
    """Answer one XML-RPC call."""
    return web.Response(body=_encode(await _answer(request)), headers=XML)


async def _answer(request: web.Request) -> Value | Fault:
    try:
        body = await read_body(request, request.app[MAX_BODY_BYTES])
    except BodyRefused as error:
        return Fault(InteropFault.TRANSPORT_ERROR, str(error))
    method_call = decode_call(body, request.charset or "")
    if isinstance(method_call, Fault):
        return method_call
    if method_call.name == MULTICALL:
        return await _call_all(request.app, method_call)
    return await _call_one(request.app, method_call)


async def _call_one(app: web.Application, method_call: MethodCall) -> Value | Fault:
    if method_call.name == pingback.PING:
        ping = pingback.decode(method_call)
        return ping if isinstance(ping, Fault) else pingback_answer(await app[RECEPTION].receive(ping))
    if method_call.name == pingback.GET_PINGBACKS:
        target = pingback.decode_get_pingbacks(method_call)
        return target if isinstance(target, Fault) else await _pingbacks(app, target)
    return answer_about_itself(method_call) if method_call.name in METHODS else no_such_method(method_call.name)


async def _call_all(app: web.Application, method_call: MethodCall) -> Value | Fault:
    calls = decode_multicall(method_call, app[MAX_MULTICALL])
    if isinstance(calls, Fault):
        return calls
    return [encode_result(result) for result in await asyncio.gather(*(_result(app, item) for item in calls))]


async def _result(app: web.Application, item: MethodCall | Fault) -> Value | Fault:
    return item if isinstance(item, Fault) else await _call_one(app, item)


async def _pingbacks(app: web.Application, target: str) -> Value | Fault:
    try:
        post = app[SITES].locate(parse_url(target))
    except UrlError as error:
        return Fault(pingback.PingbackFault.TARGET_UNUSABLE, str(error))
    if post is None:
        return Fault(pingback.PingbackFault.TARGET_UNUSABLE, f"{target:.200} belongs to no site that is served here.")
    view = await app[POSTS].view(post, MOST_LISTED)
    return [mention.source for mention in view.mentions if mention.protocol is Protocol.PINGBACK]


def _encode(answer: Value | Fault) -> bytes:
    if isinstance(answer, Fault):
        return encode_fault(answer)
    return _encode_words(answer) if isinstance(answer, str) else encode_response(answer)


@lru_cache(maxsize=16)
def _encode_words(words: str) -> bytes:
    """The answer to most calls is one of a few sentences."""
    return encode_response(words)
