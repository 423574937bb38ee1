"""
GET /comments?target=URL is the form for a comment, POST takes one in: by form, by JSON or as an RSS item.

All of it works without JavaScript. No answer ever holds an e-mail address.
"""

import secrets
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog
from aiohttp import web

from linkback.comment_html import comment_html
from linkback.comments import (
    Comment,
    Draft,
    Problem,
    Standing,
    comment_id,
    double_of,
    judge_comment,
    problems_of,
    writer_of,
)
from linkback.mentions import VISIBLE, State
from linkback.protocols.comment_submission import JSON_TYPES, XML_TYPES, SubmissionError, decode
from linkback.sites import Comments, Post
from linkback.store.comments import Sender
from service.bodies import BodyRefused, read_body
from service.keys import COMMENTS, MAX_BODY_BYTES, POSTS, PUBLIC_URL, SIGNING
from service.languages import spoken, translations
from service.posts import post_of, title_of
from service.templating import render

PATH = "/comments"
ONE_PATH = "/comments/{id}"

PROBLEMS: dict[Problem, str] = {
    Problem.NAME_MISSING: "Please give a name.",
    Problem.NAME_TOO_LONG: "The name is too long.",
    Problem.EMAIL_MISSING: "Please give an e-mail address; it is shown to nobody.",
    Problem.EMAIL_UNUSABLE: "This is no e-mail address.",
    Problem.WEBSITE_UNUSABLE: "This is no address of a website.",
    Problem.TEXT_MISSING: "Please write something.",
    Problem.TEXT_TOO_LONG: "The comment is too long.",
    Problem.PARENT_UNKNOWN: "What this answers is not there any more.",
}
SHOWN = "Thank you. Your comment stands under the post."
WAITS = "Thank you. Your comment will be shown when the owner of the blog has approved it."
CLOSED = "Comments are closed."

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Refused:
    """What was sent cannot be taken: the problems, and the draft for the form to show again."""

    draft: Draft
    problems: tuple[Problem, ...]


async def form(request: web.Request) -> web.Response:
    """Answer with the form, to programs with its stamp; ?in_reply_to= names the comment that is to be answered."""
    post = _open_post(request)
    if "application/json" in request.headers.get("Accept", ""):
        stamp = await request.app[SIGNING].stamp(post.key)
        return web.json_response({"stamp": stamp, "needs_email": post.site.needs_email})
    draft = Draft(in_reply_to=request.query.get("in_reply_to", ""))
    return await _form_page(request, post, Refused(draft, ()), status=200)


async def create(request: web.Request) -> web.Response:
    """Take a comment in: shown at once, or held for the owner."""
    post = _open_post(request)
    media_type = request.content_type.lower() if "Content-Type" in request.headers else ""
    try:
        body = await read_body(request, request.app[MAX_BODY_BYTES])
        submission = decode(body, media_type, (request.charset or "").lower())
    except (BodyRefused, SubmissionError) as error:
        return web.Response(status=400, text=f"{error}\n")
    if media_type not in {*JSON_TYPES, *XML_TYPES} and not submission.stamp:
        return await _preview(request, post, submission.draft)
    made_at = await request.app[SIGNING].made_at(submission.stamp, post.key) if submission.stamp else None
    outcome = await _take_in(request, post, replace(submission.draft, made_at=made_at))
    if isinstance(outcome, Refused):
        return await _refuse(request, post, outcome, media_type)
    return await _accept(request, post, outcome, media_type)


def _open_post(request: web.Request) -> Post:
    post = post_of(request)
    if post.site.comments is Comments.CLOSED:
        raise web.HTTPForbidden(text=f"{CLOSED}\n")
    return post


async def _preview(request: web.Request, post: Post, draft: Draft) -> web.Response:
    """
    Show a comment to its writer, who sends it from there.

    The form under a post is the same for everybody, and may have been kept for months: it cannot say when it was made.
    """
    return await _form_page(request, post, Refused(draft, problems_of(draft, post.site)), status=200)


async def _take_in(request: web.Request, post: Post, draft: Draft) -> Comment | Refused:
    comments, now = request.app[COMMENTS], datetime.now(UTC)
    problems = problems_of(draft, post.site)
    if draft.in_reply_to and not await comments.stands_under(post, draft.in_reply_to):
        problems = (*problems, Problem.PARENT_UNKNOWN)
    if problems:
        return Refused(draft, problems)
    writer = writer_of(draft.email)
    is_known = await comments.is_known_writer(post.site, writer)
    state, standing = judge_comment(draft, post.site, now, is_known_writer=is_known)
    comment = _comment(post, draft, state, standing, now)
    stands_for = await comments.add(comment, Sender(draft.email, writer), double_of(draft, post))
    structlog.contextvars.bind_contextvars(comment=stands_for, state=state, standing=standing)
    return comment if stands_for == comment.id else await comments.find(stands_for) or comment


def _comment(post: Post, draft: Draft, state: State, standing: Standing, now: datetime) -> Comment:
    return Comment(
        id=comment_id(time.time_ns() // 1_000_000, secrets.randbits(74)),
        site_id=post.site.id,
        post_key=post.key,
        target=post.url,
        state=state,
        standing=standing,
        received_at=now,
        name=draft.name,
        website=draft.website,
        text=draft.text,
        html=comment_html(draft.text),
        in_reply_to=draft.in_reply_to,
    )


async def _refuse(request: web.Request, post: Post, refused: Refused, media_type: str) -> web.Response:
    say = translations(post.site.language).gettext
    if media_type in JSON_TYPES:
        errors = [{"field": problem.field, "message": say(PROBLEMS[problem])} for problem in refused.problems]
        return web.json_response({"errors": errors}, status=400)
    if media_type in XML_TYPES:
        return web.Response(status=400, text="".join(f"{PROBLEMS[problem]}\n" for problem in refused.problems))
    return await _form_page(request, post, refused, status=400)


async def _accept(request: web.Request, post: Post, comment: Comment, media_type: str) -> web.Response:
    """Spam is answered as what waits for the owner is; who sends it need not know."""
    is_shown = comment.state in VISIBLE
    token = await request.app[SIGNING].writers_token(comment.id)
    place = f"{await _address_of(request, post)}#comment-{comment.id}"
    own_page = f"{request.app[PUBLIC_URL]}{ONE_PATH.format(id=comment.id)}?token={token}"
    if media_type in JSON_TYPES:
        say = translations(post.site.language).gettext
        facts = facts_of(comment) | {"state": "approved" if is_shown else "held", "token": token, "url": place}
        words = say(SHOWN if is_shown else WAITS)
        return web.json_response(facts | {"message": words}, status=201 if is_shown else 202)
    if media_type in XML_TYPES:
        return web.Response(status=201 if is_shown else 202, headers={"Location": place if is_shown else own_page})
    raise web.HTTPSeeOther(place if is_shown else own_page)


async def _address_of(request: web.Request, post: Post) -> str:
    facts = await request.app[POSTS].facts(post)
    return facts.url or post.url


async def _form_page(request: web.Request, post: Post, refused: Refused, status: int) -> web.Response:
    stamp = await request.app[SIGNING].stamp(post.key)
    language = post.site.language
    facts = await request.app[POSTS].facts(post)
    say = translations(language).gettext
    page = render(
        "comment-form.html",
        language,
        language=spoken(language),
        title=title_of(post, facts),
        target=post.url,
        draft=refused.draft,
        preview=comment_html(refused.draft.text) if refused.draft.text and not refused.problems else "",
        errors={problem.field: say(PROBLEMS[problem]) for problem in reversed(refused.problems)},
        stamp=stamp,
        needs_email=post.site.needs_email,
    )
    return html_page(page, status)


def html_page(page: str, status: int) -> web.Response:
    """A page with a form in it, which is for one reader."""
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
    return web.Response(text=page, status=status, content_type="text/html", charset="utf-8", headers=headers)


def facts_of(comment: Comment) -> dict[str, str | None]:
    """What everybody may know of a comment, for programs."""
    return {
        "id": comment.id,
        "name": comment.name,
        "website": comment.website,
        "html": comment.html,
        "in_reply_to": comment.in_reply_to or None,
        "received_at": comment.received_at.isoformat(),
        "edited_at": comment.edited_at.isoformat() if comment.edited_at else None,
    }


def permalink_of(comment: Comment) -> str:
    """Where a comment stands under its post, for ever."""
    return f"{comment.target}#comment-{comment.id}"
