from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class CreatorHubConfig(AppConfig):
    name = "creatorhub"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from creatorhub import checks  # noqa: F401  (registers the system checks)


class StaffAdminConfig(AdminConfig):
    default_site = "creatorhub.staff.StaffSite"
