"""POST /webmention: Webmention; GET: a form by which a person can tell of a link."""

from aiohttp import web

from linkback.mentions import Reason, Received, Refusal, RefusalReason
from linkback.protocols.webmention import WebmentionError, decode
from service.bodies import BodyRefused, read_body
from service.keys import MAX_BODY_BYTES, PUBLIC_URL, RECEPTION, SITES
from service.languages import spoken, translations
from service.mentions import address_of
from service.refusals import WEBMENTION_STATUSES, WORDS, explain
from service.templating import render


async def receive(request: web.Request) -> web.Response:
    """
    Answer one request (section 3.2).

    What can be known at once is 400 with the reason; what is queued is 202 with the address of its standing. A
    webmention never waits for its verdict, and one that is sent again has its source looked at again.
    """
    try:
        ping = decode(await read_body(request, request.app[MAX_BODY_BYTES]))
    except BodyRefused as error:
        return web.Response(status=400, text=f"{error}\n")
    if isinstance(ping, WebmentionError):
        return web.Response(status=400, text=f"{ping.message}\n")
    outcome = await request.app[RECEPTION].accept(ping)
    if isinstance(outcome, Refusal):
        return _refuse(outcome)
    return _accept(request, outcome)


async def form(request: web.Request) -> web.Response:
    """Answer with the form; ?target= fills in the post."""
    sites = request.app[SITES]
    language = next((site.language for site in sites), "en")
    page = render("webmention.html", language, language=spoken(language), target=request.query.get("target", ""))
    return web.Response(text=page, content_type="text/html", charset="utf-8")


def _accept(request: web.Request, received: Received) -> web.Response:
    location = address_of(received.id, request.app[PUBLIC_URL])
    headers = {"Location": location}
    if "text/html" not in request.headers.get("Accept", ""):
        return web.Response(status=202, headers=headers, text=f"{WORDS[Reason.WAITING]} Where it stands: {location}\n")
    language = received.post.site.language
    summary = translations(language).gettext(WORDS[Reason.WAITING])
    page = render("accepted.html", language, language=spoken(language), summary=summary, location=location)
    return web.Response(status=202, headers=headers, text=page, content_type="text/html", charset="utf-8")


def _refuse(refusal: Refusal) -> web.Response:
    status = WEBMENTION_STATUSES[refusal.reason]
    headers = {"Retry-After": "60"} if refusal.reason is RefusalReason.UNAVAILABLE else {}
    return web.Response(status=status, text=f"{explain(refusal)}\n", headers=headers)
