from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "consent"
    verbose_name = "Consent"

    def ready(self) -> None:
        from audit.actions import WORDS
        from consent import receivers  # noqa: F401  (listens from here on)
        from consent.uses import USES
        from consent.wording import SENTENCES

        WORDS.update({f"use.{use.id}": str(use.label) for use in USES.values()})
        WORDS.update({f"reason.{reason}": str(sentence) for reason, sentence in SENTENCES.items()})
