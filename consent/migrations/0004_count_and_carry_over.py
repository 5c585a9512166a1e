"""What edits made before said by an item's outcome they now say by their cursor, and the videos
under each terms are counted once."""

from typing import Any

from django.db import migrations
from django.db.models import Count, F, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce


def carry_over(apps: Any, schema_editor: Any) -> None:
    edits, items, consents, tallies = (
        apps.get_model("consent", name).objects for name in ("Edit", "Item", "Consent", "Tally")
    )
    edits.filter(terms__isnull=False).update(change="allowed")
    edits.filter(undoes__isnull=False).update(change="former")
    last = items.filter(edit=OuterRef("pk")).order_by().values("edit").annotate(n=Max("video"))
    edits.filter(status="applied").update(cursor=Coalesce(Subquery(last.values("n")), 0))
    items.filter(outcome="changed").update(outcome="pending")
    counted = (
        consents.filter(terms__isnull=False, video__status="ready", video__removed_at=None)
        .order_by()
        .values("creator", "use", "terms")
        .annotate(videos=Count("pk"))
    )
    tallies.bulk_create(
        tallies.model(
            creator_id=row["creator"], use=row["use"], terms_id=row["terms"], videos=row["videos"]
        )
        for row in counted.iterator()
    )


def carry_back(apps: Any, schema_editor: Any) -> None:
    items = apps.get_model("consent", "Item").objects
    items.filter(outcome="pending", edit__status="applied", video__lte=F("edit__cursor")).update(
        outcome="changed"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("consent", "0003_edits_of_any_size"),
        ("library", "0003_search_and_shelves"),
    ]

    operations = [migrations.RunPython(carry_over, carry_back)]
