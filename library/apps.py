from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LibraryConfig(AppConfig):
    name = "library"
    verbose_name = _("Videos")

    def ready(self) -> None:
        from library import checks, startup  # noqa: F401  (both register what they have)
