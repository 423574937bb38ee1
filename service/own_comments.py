"""/comments/ID: one comment, for everybody to read and, for a while, for its writer to change or delete."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aiohttp import web

from linkback.comment_html import comment_html
from linkback.comments import LONGEST_TEXT, Comment, Draft, Problem, judge_comment
from linkback.mentions import VISIBLE, State
from linkback.protocols.comment_submission import SubmissionError, read_form
from linkback.sites import Site
from linkback.store.moderation import Action
from service.bodies import BodyRefused, read_body
from service.comments import PROBLEMS, SHOWN, WAITS, facts_of, html_page, permalink_of
from service.keys import COMMENTS, MAX_BODY_BYTES, MODERATION, SIGNING, SITES
from service.languages import spoken, translations
from service.templating import render

CHANGED_WITHIN = timedelta(minutes=15)
"""For so long the writer of a comment may change or delete it."""

WRITER = "its writer"


async def show(request: web.Request) -> web.Response:
    """Answer with a comment: to everybody if it is visible, and to its writer to change it."""
    comment = await _asked_for(request)
    token = request.query.get("token", "")
    if await _may_change(request, comment, token):
        return _change_page(request, comment, token)
    if comment.state not in VISIBLE:
        raise web.HTTPNotFound(text="There is no comment with this id.\n")
    if "text/html" in request.headers.get("Accept", ""):
        raise web.HTTPSeeOther(permalink_of(comment))
    return web.json_response(facts_of(comment))


async def change(request: web.Request) -> web.Response:
    """Change or delete a comment for its writer, who shows the token that came with the answer."""
    comment = await _asked_for(request)
    fields = await _fields(request)
    token = fields.get("token", "")
    if not await _may_change(request, comment, token):
        raise web.HTTPForbidden(text="Only its writer may change a comment, and only for a quarter of an hour.\n")
    now = datetime.now(UTC)
    if fields.get("action") == "delete":
        await request.app[MODERATION].erase(comment, Action(now, WRITER, "delete"))
        return _after_change(request, comment)
    text = fields.get("text", "")
    if not text.strip() or len(text) > LONGEST_TEXT:
        problem = Problem.TEXT_TOO_LONG if text.strip() else Problem.TEXT_MISSING
        return _change_page(request, replace(comment, text=text), token, problem)
    after = _edited(request.app[SITES].get(comment.site_id), comment, text, now)
    await request.app[MODERATION].write(comment, after, Action(now, WRITER, "edit"))
    return _after_change(request, after)


async def _asked_for(request: web.Request) -> Comment:
    comment = None
    try:
        comment = await request.app[COMMENTS].find(str(uuid.UUID(request.match_info["id"])))
    except ValueError as error:
        raise web.HTTPNotFound(text="That is no id of a comment.\n") from error
    if comment is None or comment.state is State.DELETED:
        raise web.HTTPNotFound(text="There is no comment with this id.\n")
    return comment


async def _may_change(request: web.Request, comment: Comment, token: str) -> bool:
    return bool(token) and await request.app[SIGNING].is_writers(token, comment.id, CHANGED_WITHIN)


async def _fields(request: web.Request) -> dict[str, str]:
    try:
        return read_form(await read_body(request, request.app[MAX_BODY_BYTES]))
    except (BodyRefused, SubmissionError) as error:
        raise web.HTTPBadRequest(text=f"{error}\n") from error


def _edited(site: Site | None, comment: Comment, text: str, now: datetime) -> Comment:
    """The comment with other words; words for which it would have been held have it held now."""
    typed = text.replace("\r\n", "\n")
    after = replace(comment, text=typed, html=comment_html(typed), edited_at=now)
    if site is None or comment.state not in VISIBLE:
        return after
    draft = Draft(name=comment.name, website=comment.website, text=typed, made_at=now - timedelta(minutes=1))
    state, standing = judge_comment(draft, site, now, is_known_writer=True)
    return after if state in VISIBLE else replace(after, state=state, standing=standing)


def _after_change(request: web.Request, comment: Comment) -> web.Response:
    if "text/html" in request.headers.get("Accept", ""):
        raise web.HTTPSeeOther(permalink_of(comment))
    return web.json_response(facts_of(comment))


def _change_page(request: web.Request, comment: Comment, token: str, problem: Problem | None = None) -> web.Response:
    site = request.app[SITES].get(comment.site_id)
    language = site.language if site else "en"
    say = translations(language).gettext
    page = render(
        "comment-change.html",
        language,
        language=spoken(language),
        comment=comment,
        summary=say(SHOWN if comment.state in VISIBLE else WAITS),
        error=say(PROBLEMS[problem]) if problem else "",
        token=token,
    )
    return html_page(page, 400 if problem else 200)
