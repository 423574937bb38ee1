"""POST /trackback?target=URL: TrackBack 1.2; whatever is wrong, the answer is TrackBack's XML at HTTP 200."""

from aiohttp import web

from linkback.mentions import Reason, Refusal
from linkback.protocols.trackback import TrackbackError, decode, encode_error, encode_success
from service.bodies import BodyTooLarge, read_body
from service.keys import MAX_BODY_BYTES, RECEPTION
from service.refusals import PINGBACK_FAULTS, WORDS, explain


async def ping(request: web.Request) -> web.Response:
    """Answer one ping."""
    return web.Response(body=await _answer(request), content_type="text/xml", charset="utf-8")


async def _answer(request: web.Request) -> bytes:
    target = request.query.get("target", "")
    if not target:
        return encode_error("The ping URL lacks ?target=, the address of the post that is linked to.")
    try:
        body = await read_body(request, request.app[MAX_BODY_BYTES])
    except BodyTooLarge as error:
        return encode_error(str(error))
    decoded = decode(body, request.charset or "", target)
    if isinstance(decoded, TrackbackError):
        return encode_error(decoded.message)
    return _encode(await request.app[RECEPTION].receive(decoded))


def _encode(outcome: Refusal | Reason) -> bytes:
    if isinstance(outcome, Refusal):
        return encode_error(explain(outcome))
    if outcome in PINGBACK_FAULTS:
        return encode_error(WORDS[outcome])
    return encode_success(WORDS[outcome])
