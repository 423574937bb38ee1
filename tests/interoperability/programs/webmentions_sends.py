"""Sends webmentions to all that a page links to, by the library webmentions: DATABASE SOURCE."""

import sys

from webmentions import WebmentionsHandler
from webmentions.storage.adapters.db import init_db_storage

database, source = sys.argv[1:]
handler = WebmentionsHandler(init_db_storage(f"sqlite:///{database}"), ssrf_protection=False)
handler.process_outgoing_webmentions(source)
