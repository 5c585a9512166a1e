"""Is anything stuck, lost or inconsistent? Reads only; may run beside everything else.

Each check's docstring is its line in the report. Something may change between two reads of a check:
what looks wrong is read once more before it is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Export
from audit.stored import verify
from audit.verification import Wrong
from consent import journal
from consent.journal import JournalProblem
from consent.models import Consent, ConsentCount, Edit, EditJob, Journal, JournalLine
from creatorhub import jobs
from creatorhub.jobs import Job, State
from creatorhub.models import Deletion, User
from creatorhub.texts import folded
from library import files
from library import services as library
from library.models import Ingest, Proxy, Video
from remixer.models import Render
from remixer.services.files import KIND

OLD = timedelta(hours=1)
DAY = timedelta(days=1)


def every_job_makes_progress() -> Iterator[str]:
    """Every job has ended, is being worked on, or waits for its time"""
    models: tuple[type[Job], ...] = (Ingest, Proxy, Render, EditJob, Export)
    for model in models:
        for job in jobs.overdue(model).iterator():
            yield f"{model.__name__} {job.uuid} is {job.state} and nobody works on it."


def confirmed_edits_are_applied() -> Iterator[str]:
    """Every confirmed edit is applied, or a job is working on it"""
    left = Edit.objects.under_way().exclude(job__state__in=[*jobs.LIVE, State.FAILED])
    for edit in left.iterator():
        # One job may have ended, and the next not be queued yet, when the edits were read.
        if left.filter(pk=edit.pk).exists():
            yield f"Edit {edit.uuid} is {edit.status} and has no job."
    accounted_for = F("changed") + F("already") + F("superseded") + F("not_eligible")
    for edit in Edit.objects.filter(status=Edit.Status.APPLIED).exclude(selected=accounted_for):
        yield f"Edit {edit.uuid} selected {edit.selected} videos and does not account for each."


def counts_match_rows() -> Iterator[str]:
    """The counts that pages show are those of the rows"""
    owners = User.objects.filter(Exists(Video.objects.filter(owner=OuterRef("pk"))))
    for user in owners.iterator():
        for kept, counted in (
            (_stored_videos, _counted_videos),
            (_stored_consents, _counted_consents),
        ):
            if kept(user) != counted(user) and kept(user) != counted(user):
                yield f"{user.username}: {kept(user)} is stored, and there are {counted(user)}."


def _stored_videos(user: User) -> object:
    return library.video_count(user)


def _counted_videos(user: User) -> object:
    return Video.objects.owned_by(user).count()


def _stored_consents(user: User) -> object:
    counts = ConsentCount.objects.filter(creator=user).exclude(videos=0)
    return {(use, terms): n for use, terms, n in counts.values_list("use", "terms", "videos")}


def _counted_consents(user: User) -> object:
    consents = Consent.objects.filter(
        creator=user, terms__isnull=False, video__status="ready", video__removed_at=None
    )
    rows = consents.order_by().values_list("use", "terms").annotate(n=Count("pk"))
    return {(use, terms): n for use, terms, n in rows}


def every_title_can_be_found() -> Iterator[str]:
    """Every title is stored as it is searched"""
    videos = Video.objects.filter(removed_at=None).only("uuid", "title", "folded_title")
    for video in videos.iterator(chunk_size=2000):
        expected = folded(video.title) or video.title
        same = {"title": video.title, "folded_title": video.folded_title}
        if same["folded_title"] != expected and Video.objects.filter(pk=video.pk, **same).exists():
            yield f"Video {video.uuid} is searched by another title than it has. Rename it."


def no_meme_outlives_its_permission() -> Iterator[str]:
    """No meme is published whose permission was withdrawn"""
    withdrawn = Q(video__owner__consent_state__opted_out=True)
    withdrawn |= ~Q(video__removed_at=None)
    withdrawn |= Q(video__owner__consent_state__withdrawn_version__gt=F("allowed_version"))
    withdrawn |= Q(
        video__consents__use="remix",
        video__consents__withdrawn_version__gt=F("allowed_version"),
    )
    for render in Render.objects.filter(withdrawn, state=State.DONE).distinct().iterator():
        yield f"Meme {render.uuid} is published and its permission was withdrawn."


def hidden_memes_end() -> Iterator[str]:
    """Every meme that a withdrawal hid comes back or is deleted in time"""
    late = Render.objects.hidden().filter(restorable_until__lt=timezone.now() - OLD)
    lost = Render.objects.hidden().filter(Q(restorable_until=None) | Q(hidden_version=None))
    for render in (late | lost).distinct().iterator():
        yield f"Meme {render.uuid} is hidden, and should have been deleted by now."


def every_row_has_its_files() -> Iterator[str]:
    """Every meme that is seen or may come back, and every ready video, has its files"""
    for kind, rows, names in (
        (
            "Meme",
            Render.objects.filter(state__in=[State.DONE, Render.HIDDEN]),
            ("file_key", "poster_key", "thumb_key"),
        ),
        ("Video", Video.objects.ready(), ("mezzanine_key", "poster_key", "thumb_key")),
        ("Export", Export.objects.filter(state=State.DONE), ("file_key",)),
        ("Proxy", Proxy.objects.filter(state=State.DONE, video__removed_at=None), ("file_key",)),
    ):
        for row in rows.iterator():
            for name in names:
                key = getattr(row, name)
                if name == "thumb_key" and not key:
                    continue  # of before there were any
                still = type(row).objects.filter(pk=row.pk, **{name: key})
                if not (key and default_storage.exists(key)) and still.exists():
                    yield f"{kind} {row.uuid} has no {name.removesuffix('_key')}."


def every_file_has_its_row() -> Iterator[str]:
    """Every stored file belongs to a row"""
    for kind in ("videos", KIND, accounts.KIND):
        for keys in _batches(stored(kind), 1000):
            known = _named(kind, keys)
            for key in keys:
                if key not in known and default_storage.exists(key):
                    yield f"The file {key} belongs to nothing."


def stored(kind: str) -> Iterator[str]:
    try:
        prefixes = default_storage.listdir(kind)[0]
    except FileNotFoundError:
        return
    for prefix in sorted(prefixes):
        for folder in default_storage.listdir(f"{kind}/{prefix}")[0]:
            for name in default_storage.listdir(f"{kind}/{prefix}/{folder}")[1]:
                yield f"{kind}/{prefix}/{folder}/{name}"


def _named(kind: str, keys: list[str]) -> set[str]:
    """Those of the keys that a row names, or whose job is still running."""
    folders = set(filter(_is_uuid, (key.split("/")[2] for key in keys)))
    rows: list[tuple[str, ...]]
    if kind == "videos":
        videos = Video.objects.filter(uuid__in=folders)
        rows = [*videos.values_list("source_key", "mezzanine_key", "poster_key", "thumb_key")]
        rows += videos.filter(proxy__isnull=False).values_list("proxy__file_key")
        working_on = Q(ingest__state__in=jobs.LIVE) | Q(proxy__state__in=jobs.LIVE)
        busy = [*videos.filter(working_on).values_list("uuid", flat=True)]
    elif kind == accounts.KIND:
        exports = Export.objects.filter(uuid__in=folders)
        rows = [*exports.values_list("file_key")]
        busy = [*exports.filter(state__in=jobs.LIVE).values_list("uuid", flat=True)]
    else:
        renders = Render.objects.filter(uuid__in=folders)
        rows = [*renders.values_list("file_key", "poster_key", "thumb_key")]
        busy = [*renders.live().values_list("uuid", flat=True)]
    working = set(map(str, busy))
    return {key for row in rows for key in row} | {
        key for key in keys if key.split("/")[2] in working
    }


def _is_uuid(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def no_old_work_is_left() -> Iterator[str]:
    """No work folder or unfinished file is older than an hour"""
    for path in files.leftovers(OLD):
        yield f"{path} was left behind."


def the_log_is_complete() -> Iterator[str]:
    """The log is as it was written and signed (what verify_log says)"""
    try:
        verify()
    except Wrong as wrong:
        yield str(wrong)


def deleted_accounts_are_erased() -> Iterator[str]:
    """Every account whose deletion was asked for is erased in time, and says nothing any more"""
    late = User.objects.filter(erase_after__lt=timezone.now() - DAY).exclude(deletion="")
    for user in late.iterator():
        yield f"The account {user.uuid} should have been erased by now."
    for user in User.objects.filter(deletion=Deletion.ERASED).iterator():
        for left in accounts.what_is_left(user):
            yield f"The account {user.uuid} is erased, and there is still: {left}."


def every_no_is_in_the_journal() -> Iterator[str]:
    """Every withdrawal is in the withdrawal journal, whose lines are as they were written"""
    row = Journal.objects.first()
    if row and row.held:
        yield f"Nothing is allowed: {row.problem}"
    if owed := JournalLine.objects.filter(seq=None).count():
        yield f"{owed} withdrawals are not in the journal yet: a restored backup would allow them."
    try:
        for _line in journal.read(Path(settings.WITHDRAWAL_JOURNAL)):
            pass
    except JournalProblem as problem:
        yield problem.sentence


def _batches(keys: Iterable[str], size: int) -> Iterator[list[str]]:
    keys = iter(keys)
    while batch := list(islice(keys, size)):
        yield batch


CHECKS: tuple[Callable[[], Iterator[str]], ...] = (
    every_job_makes_progress,
    confirmed_edits_are_applied,
    counts_match_rows,
    every_title_can_be_found,
    no_meme_outlives_its_permission,
    hidden_memes_end,
    every_row_has_its_files,
    every_file_has_its_row,
    no_old_work_is_left,
    the_log_is_complete,
    deleted_accounts_are_erased,
    every_no_is_in_the_journal,
)
