"""The ASGI entry point. Production uses WSGI."""

import os

from django.core.asgi import get_asgi_application

from creatorhub import data_folder

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "creatorhub.settings")
data_folder.prepare()
application = get_asgi_application()
