"""GET /mentions/ID: where a mention stands and why, for whoever sent it."""

import uuid

from aiohttp import web

from linkback.mentions import Mention
from service.keys import MENTIONS, SITES
from service.languages import format_day, spoken, translations
from service.refusals import WORDS
from service.templating import render

PATH = "/mentions/{id}"


async def standing(request: web.Request) -> web.Response:
    """Answer with HTML for people and JSON for programs; never with what is the owner's alone."""
    mention = await _asked_for(request)
    if "text/html" in request.headers.get("Accept", ""):
        return web.Response(text=_page(mention, _language(request, mention)), content_type="text/html", charset="utf-8")
    return web.json_response(_facts(mention))


def address_of(mention_id: str, public_url: str) -> str:
    """Where the standing of a mention is told."""
    return public_url + PATH.format(id=mention_id)


async def _asked_for(request: web.Request) -> Mention:
    try:
        mention_id = str(uuid.UUID(request.match_info["id"]))
    except ValueError as error:
        raise web.HTTPNotFound(text="That is no id of a mention.\n") from error
    mention = await request.app[MENTIONS].find(mention_id)
    if mention is None:
        raise web.HTTPNotFound(text="There is no mention with this id.\n")
    return mention


def _facts(mention: Mention) -> dict[str, str]:
    return {
        "id": mention.id,
        "state": mention.state,
        "reason": mention.reason,
        "summary": WORDS[mention.reason],
        "protocol": mention.protocol,
        "source": mention.source,
        "target": mention.target,
        "received_at": mention.received_at.isoformat(),
    }


def _language(request: web.Request, mention: Mention) -> str:
    """That of the site, if the site is still served here."""
    return next((site.language for site in request.app[SITES] if site.id == mention.site_id), "en")


def _page(mention: Mention, language: str) -> str:
    return render(
        "mention.html",
        language,
        language=spoken(language),
        mention=mention,
        summary=translations(language).gettext(WORDS[mention.reason]),
        day=format_day(mention.received_at, language),
    )
