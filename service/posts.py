"""Which post a request is about, and how that post is called."""

from urllib.parse import quote

from aiohttp import web

from linkback.sites import Post
from linkback.store.records import PostFacts
from linkback.urls import UrlError, parse_url
from service.keys import SITES


def post_of(request: web.Request) -> Post:
    """
    The post that ?target= names.

    Raises:
        HTTPBadRequest: if there is no such parameter, or it is no URL.
        HTTPNotFound: if the URL belongs to no site of ours.
    """
    target = request.query.get("target", "")
    if not target:
        raise web.HTTPBadRequest(text="Say which post by ?target=, the post's address, percent-encoded.\n")
    try:
        post = request.app[SITES].locate(parse_url(target))
    except UrlError as error:
        raise web.HTTPBadRequest(text=f"The target {error}\n") from error
    if post is None:
        raise web.HTTPNotFound(text=f"{target[:200]} belongs to no site that is served here.\n")
    return post


def title_of(post: Post, facts: PostFacts) -> str:
    """The post's title, or its address while its title is not known."""
    return facts.title or post.url


def address_for(path: str, post: Post, public_url: str) -> str:
    """The address of something of ours about a post, such as its feed."""
    return f"{public_url}{path}?target={quote(post.url, safe='')}"
