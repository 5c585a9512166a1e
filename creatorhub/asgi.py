"""The ASGI entry point; the product itself is served by WSGI."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "creatorhub.settings")
application = get_asgi_application()
