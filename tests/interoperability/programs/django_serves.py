"""The Django site on a free port of loopback. It prints its address."""

from wsgiref.simple_server import make_server

import django
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

django.setup()
call_command("migrate", verbosity=0)
with make_server("127.0.0.1", 0, get_wsgi_application()) as server:
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
