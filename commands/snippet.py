"""`linkback snippet`: what a post's template needs, so that other blogs, readers and visitors find what is there."""

from html import escape
from urllib.parse import quote

from linkback.protocols.trackback_listing import post_id, rdf_block

_SNIPPET = """<!-- In the head: where other blogs send their mentions, and where readers subscribe. -->
<link rel="webmention" href="{service}/webmention">
<link rel="pingback" href="{service}/pingback">
<link rel="alternate" type="application/rss+xml" title="Comments" href="{service}/comments.rss?target={target}">

<!-- Anywhere in the page: where trackbacks go. -->
{rdf}

<!-- At the foot of the post: what has linked to it, put in when the page is served (SSI) or built. -->
<!--#include virtual="/linkback/embed?target={target}" -->
"""


def snippet(post_url: str, public_url: str) -> str:
    """
    Write the tags for a post; `public_url` is the service's own address.

    The include names /linkback/ on the blog's own server, which has to pass it on to the service: SSI knows no other.
    """
    target = quote(post_url, safe="")
    ping_url = f"{public_url}/trackback/{post_id(post_url)}"
    return _SNIPPET.format(service=escape(public_url), target=target, rdf=rdf_block(post_url, post_url, ping_url))
