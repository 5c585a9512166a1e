from django.apps import AppConfig


class CreatorHubConfig(AppConfig):
    name = "creatorhub"
    verbose_name = "Accounts"

    def ready(self) -> None:
        from creatorhub import checks  # noqa: F401  (registers the system checks)
