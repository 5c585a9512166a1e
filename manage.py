#!/usr/bin/env python
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError

from creatorhub import data_folder

NO_DATABASE = (
    "The database cannot be used: {error}\n"
    "Is it the one that you mean (DATABASE_URL, or the folder CREATORHUB_DATA), is it running, and "
    "has `python manage.py migrate` made its tables? With --traceback you see where it happened."
)

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "creatorhub.settings")
    data_folder.prepare()
    try:
        execute_from_command_line(sys.argv)
    except (OperationalError, ProgrammingError) as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(NO_DATABASE.format(error=str(error).strip()))
