"""The ASGI entry point, for granian. Refuses to serve where a system check finds an error."""

import os

import django

from creatorhub import data_folder

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "creatorhub.settings")
data_folder.prepare()
django.setup(set_prefix=False)

from django.conf import settings  # noqa: E402

from creatorhub import checks  # noqa: E402
from creatorhub.front import Front  # noqa: E402
from creatorhub.processes import end_with_parent  # noqa: E402

end_with_parent()  # granian loads this in each of its workers
application = Front(lanes=settings.WEB_THREADS, kept=settings.WEB_THREADS_FOR_NO)
checks.refuse_a_broken_start()
