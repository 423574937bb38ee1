"""Sends webmentions to all that a page links to, by django-wm: PATH HTML; the page's host is in the environment."""

import sys

import django
from django.core.management import call_command

django.setup()
call_command("migrate", verbosity=0)

from mentions.tasks.scheduling import handle_outgoing_webmentions  # noqa: E402 # it reads the settings when it is imported

handle_outgoing_webmentions(*sys.argv[1:])
call_command("mentions_pending", "outgoing")
