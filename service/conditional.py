"""Answers to GET that a client or cache may already have (RFC 9110 section 13)."""

from datetime import UTC, datetime

from aiohttp import web

from service.pages import Page

CACHE_CONTROL = "public, max-age=60, stale-while-revalidate=600"


def answer(request: web.Request, page: Page, content_type: str) -> web.Response:
    """The page, or 304 if the client's copy is still good; an If-None-Match goes before an If-Modified-Since."""
    headers = {"ETag": f'"{page.etag}"', "Cache-Control": CACHE_CONTROL, "X-Content-Type-Options": "nosniff"}
    if is_fresh(request, page):
        response = web.Response(status=304, headers=headers)
    else:
        response = web.Response(body=page.body, content_type=content_type, charset="utf-8", headers=headers)
    if page.changed_at is not None:
        response.last_modified = page.changed_at
    return response


def is_fresh(request: web.Request, page: Page) -> bool:
    """Whether the client says that it has these very bytes; a proxy may have made the tag a weak one meanwhile."""
    if request.if_none_match is not None:
        return any(tag.value in {"*", page.etag} for tag in request.if_none_match)
    since = request.if_modified_since
    return since is not None and page.changed_at is not None and _whole_seconds(page.changed_at) <= since


def _whole_seconds(when: datetime) -> datetime:
    return when.astimezone(UTC).replace(microsecond=0)
