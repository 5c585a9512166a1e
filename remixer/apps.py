from django.apps import AppConfig


class RemixerConfig(AppConfig):
    name = "remixer"
    verbose_name = "Memes"

    def ready(self) -> None:
        from remixer import (
            checks,  # noqa: F401  (registers the system check)
            receivers,  # noqa: F401  (listens for withdrawals)
        )
