"""A blog that takes webmentions by the library webmentions, on Tornado: DATABASE. It prints its address."""

import asyncio
import sys

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from webmentions import WebmentionsHandler
from webmentions.server.adapters.tornado import bind_webmentions, make_webmention_link_header_handler
from webmentions.storage.adapters.db import init_db_storage


class Post(RequestHandler):
    """The blog's one post."""

    def get(self) -> None:
        """Answer with the post."""
        self.write("<title>A post on Tornado</title>")


async def serve(database: str) -> None:
    """Serve until somebody ends the process."""
    sockets = bind_sockets(0, "127.0.0.1")
    url = "http://{}:{}".format(*sockets[0].getsockname())
    application = Application()
    handler = WebmentionsHandler(init_db_storage(f"sqlite:///{database}"), base_url=url, ssrf_protection=False)
    bind_webmentions(application, handler)
    application.add_handlers(".*", [("/post", make_webmention_link_header_handler(Post, {"/webmentions"}))])
    HTTPServer(application).add_sockets(sockets)
    print(url, flush=True)
    await asyncio.Event().wait()


asyncio.run(serve(sys.argv[1]))
