from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RemixerConfig(AppConfig):
    name = "remixer"
    verbose_name = _("Memes")

    def ready(self) -> None:
        from remixer import (
            checks,  # noqa: F401  (registers the system check)
            receivers,  # noqa: F401  (listens for withdrawals)
        )
