"""What an act of staff will touch, in numbers, before it happens. Reading only."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consent.models import ConsentCount, Notice
from consent.uses import USES, use_of
from creatorhub.jobs import LIVE, State
from creatorhub.models import User
from creatorhub.staff import Reach
from library.models import Video


def of_videos(videos: Collection[Video]) -> list[str]:
    """Lines about these videos and what is made of them."""
    return _lines(Video.objects.present().filter(pk__in=[video.pk for video in videos]))


def of_creators(creators: Collection[User], *, of: str) -> Reach:
    """About everything of these creators; the number of their videos is typed. `of` says it, with
    the names."""
    videos = Video.objects.present().filter(owner__in=creators)
    stored = ConsentCount.objects.filter(creator__in=creators, videos__gt=0)
    lines = _lines(videos)
    for use in USES.values():
        number = sum(stored.filter(use=use.id).values_list("videos", flat=True))
        lines.append(_("%(use)s: %(count)s allowed") % {"use": use.label, "count": f"{number:,}"})
    return Reach(lines, number=videos.count(), of=of)


def of_notices(notices: Collection[Notice]) -> Reach:
    """About the permissions that lapse when these notices are published; their number is typed.
    Their texts are shown as they will be published."""
    lines, lapsing, people = [], 0, set[int]()
    for notice in notices:
        if not notice.material:
            lines.append(
                _("“%(title)s” is not material: nothing lapses.") % {"title": notice.title}
            )
            continue
        # What lapsed under an earlier one does not lapse again.
        last = Notice.objects.material_versions().get(notice.use, 0)
        older = ConsentCount.objects.filter(
            use=notice.use,
            videos__gt=0,
            terms__notice__version__lt=notice.version,
            terms__notice__version__gte=last,
        )
        number = sum(older.values_list("videos", flat=True))
        people |= set(older.values_list("creator", flat=True))
        lapsing += number
        words = {"use": use_of(notice.use).label, "count": f"{number:,}", "title": notice.title}
        lines.append(
            ngettext(
                "“%(title)s”: %(count)s permission for %(use)s lapses",
                "“%(title)s”: %(count)s permissions for %(use)s lapse",
                number,
            )
            % words
        )
    creators = ngettext(
        "%(count)s creator is asked again", "%(count)s creators are asked again", len(people)
    )
    texts = [(f"{notice} · {notice.language}", notice.text) for notice in notices]
    digest = " ".join(notice.digest for notice in notices)
    if not any(notice.material for notice in notices):
        return Reach(lines, texts=texts, digest=digest)
    lines.append(creators % {"count": f"{len(people):,}"})
    of = _("permissions that lapse")
    return Reach(lines, number=lapsing, of=of, texts=texts, digest=digest)


def _lines(videos: QuerySet[Video]) -> list[str]:
    """By the name of the relation: the app that makes memes stands above this one."""
    counted = videos.order_by().aggregate(
        live=Count("renders", filter=Q(renders__state=State.DONE)),
        making=Count("renders", filter=Q(renders__state__in=LIVE)),
    )
    number, live, making = videos.count(), counted["live"], counted["making"]
    return [
        ngettext("%(count)s video", "%(count)s videos", number) % {"count": f"{number:,}"},
        ngettext("%(count)s finished meme", "%(count)s finished memes", live)
        % {"count": f"{live:,}"},
        ngettext("%(count)s meme in the making", "%(count)s memes in the making", making)
        % {"count": f"{making:,}"},
    ]
