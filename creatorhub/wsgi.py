"""The WSGI entry point, for gunicorn. Refuses to serve where a system check finds an error."""

import os

from django.core.wsgi import get_wsgi_application

from creatorhub import checks, data_folder

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "creatorhub.settings")
data_folder.prepare()
application = get_wsgi_application()
checks.refuse_a_broken_start()
