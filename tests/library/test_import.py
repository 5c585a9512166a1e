"""import_videos: an existing folder of files, taken as it is, as often as it takes."""

from __future__ import annotations

import dataclasses
import os
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from creatorhub.jobs import State
from creatorhub.models import User
from library import probe as probing
from library import refusals
from library.models import Ingest, Video
from tests.library import clips
from tests.library.conftest import ingested
from tests.log import of_video


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """good.mp4, the same again elsewhere, another one in a subfolder, a bad one, a hidden one."""
    root = tmp_path / "library"
    (root / "Season 1" / "Extras").mkdir(parents=True)
    clips.good(root / "good.mp4")
    shutil.copy(root / "good.mp4", root / "Season 1" / "the_same.mp4")
    clips.bars(root / "Season 1" / "Extras" / "bloopers.mkv")
    (root / "notes.txt").write_text("Not a video")
    (root / ".hidden.mp4").write_bytes(b"x")
    return root


def run(folder: Path, **options: object) -> str:
    out = StringIO()
    call_command("import_videos", folder, creator="alice", stdout=out, **options)
    return out.getvalue()


def test_a_folder_is_taken_with_a_summary_of_what_was_and_was_not(
    alice: User, folder: Path
) -> None:
    before = sorted(folder.rglob("*"))

    output = run(folder)

    assert f"refused  notes.txt: {refusals.NOT_A_VIDEO}" in output
    assert "2 taken for alice, 1 there already, 1 refused." in output
    videos = Video.objects.owned_by(alice)
    assert set(videos.values_list("title", "collection")) == {
        ("bloopers", "Season 1 / Extras"),
        ("the same", "Season 1"),
    }
    assert sorted(folder.rglob("*")) == before
    assert {ingested(video).status for video in videos} == {"ready"}
    assert not videos.filter(consents__isnull=False).exists()


def test_a_tag_that_is_not_utf8_is_taken_and_the_import_goes_on(
    alice: User, tmp_path: Path
) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    clips.bars(folder / "a.mkv", *clips.X264, "-metadata", "title=caf\udce9")
    clips.bars(folder / "b.mp4")
    assert b"caf\xe9" in (folder / "a.mkv").read_bytes()

    assert "2 taken for alice, 0 there already, 0 refused." in run(folder)
    assert {ingested(video).status for video in Video.objects.all()} == {"ready"}


def test_a_file_whose_probe_breaks_is_named_and_the_import_goes_on(
    alice: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    too_little = dataclasses.replace(probing.LIMITS, memory=120 * 1024**2)  # to load PyAV
    monkeypatch.setattr(probing, "LIMITS", too_little)

    output = run(folder)

    assert "refused  good.mp4: We could not examine this file." in output
    assert "0 taken for alice, 0 there already, 4 refused." in output


def test_an_import_can_be_run_again(alice: User, folder: Path) -> None:
    run(folder)

    output = run(folder)

    assert "0 taken for alice, 3 there already, 1 refused." in output
    assert Video.objects.count() == 2


def test_a_refused_file_is_tried_again_and_told_as_refused(alice: User, folder: Path) -> None:
    run(folder)
    video = Video.objects.get(title="bloopers")
    before = Video.objects.count()
    Video.objects.filter(pk=video.pk).update(status="refused", problem="No.", source_key="")
    Ingest.objects.filter(video=video).update(state=State.REFUSED, problem="No.")

    output = run(folder)

    assert "again    Season 1/Extras/bloopers.mkv: It is tried once more. It was refused: No." in (
        output
    )
    assert "0 taken for alice, 1 tried again, 2 there already, 1 refused." in output
    assert Video.objects.count() == before
    video = ingested(Video.objects.get(pk=video.pk))
    assert (video.status, video.problem, video.source_key) == ("ready", "", "")
    assert [body["action"] for body in of_video(video)] == [
        "video.added",
        "video.retried",
        "video.ingested",
    ]
    assert "0 taken for alice, 3 there already, 1 refused." in run(folder)


def test_links_that_lead_out_of_the_folder_are_refused(
    alice: User, folder: Path, good_file: Path
) -> None:
    (folder / "out.mp4").symlink_to(good_file)
    (folder / "outside").symlink_to(good_file.parent)
    (folder / "nowhere.mp4").symlink_to("missing.mp4")
    (folder / "loop.mp4").symlink_to("loop.mp4")
    (folder / "within.mp4").symlink_to("good.mp4")
    os.mkfifo(folder / "pipe.mp4")

    output = run(folder)

    assert "refused  out.mp4: This link leads out of the folder." in output
    assert "refused  outside: This link leads out of the folder." in output
    assert "refused  nowhere.mp4: This link leads nowhere." in output
    assert "refused  loop.mp4: This link leads nowhere." in output
    assert "refused  pipe.mp4: This is not a file" in output
    assert "2 taken for alice, 2 there already, 6 refused." in output


def test_titles_come_from_a_csv(alice: User, folder: Path, tmp_path: Path) -> None:
    titles = tmp_path / "titles.csv"
    titles.write_text(
        "\ufefffile,title,collection\n"
        'Season 1/the_same.mp4,"Ships, and the sea",Sea\n'
        "gone.mp4,Gone,\n"
    )

    output = run(folder, csv=titles)

    assert "refused  gone.mp4: The CSV names this file, but it is not in the folder." in output
    assert Video.objects.filter(title="Ships, and the sea", collection="Sea").exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("name,caption\n", "needs a first line that names: file,title,collection"),
        ("file,title\na.mp4,A\na.mp4,B\n", "line 3: a.mp4 is named twice"),
    ],
)
def test_a_csv_that_cannot_be_used_stops_before_anything_is_taken(
    alice: User, folder: Path, tmp_path: Path, text: str, why: str
) -> None:
    titles = tmp_path / "titles.csv"
    titles.write_text(text)

    with pytest.raises(CommandError, match=why):
        run(folder, csv=titles)

    assert not Video.objects.exists()


def test_only_a_creator_and_a_folder_that_exist_are_taken(alice: User, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is not a folder"):
        run(tmp_path / "none")
    alice.is_active = False
    alice.save()
    with pytest.raises(CommandError, match="no active account"):
        run(tmp_path)


def test_a_file_is_named_in_the_csv_in_another_form_than_on_the_disk(
    alice: User, tmp_path: Path
) -> None:
    """A Mac writes é as two code points into the names of files, its spreadsheet as one."""
    folder = tmp_path / "library"
    (folder / "E\u0301te\u0301").mkdir(parents=True)
    clips.good(folder / "E\u0301te\u0301" / "cafe\u0301.mp4")
    clips.bars(folder / "E\u0301te\u0301" / "the\u0301.mkv")
    titles = tmp_path / "titles.csv"
    titles.write_text("file,title,collection\nÉté/café.mp4,Café de l’E\u0301té,E\u0301té\n")

    assert "2 taken for alice" in run(folder, csv=titles)

    assert set(Video.objects.values_list("title", "collection", "original_name")) == {
        ("Café de l’Été", "Été", "café.mp4"),
        ("thé", "Été", "thé.mkv"),
    }


def test_titles_come_from_a_workbook_as_well(alice: User, tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    clips.good(folder / "a.mp4")
    titles = tmp_path / "titles.xlsx"
    book = Workbook()
    assert book.active
    for row in (["File", "Title"], ["a.mp4", "Morning"]):
        book.active.append(row)
    book.save(titles)

    assert "1 taken for alice" in run(folder, csv=titles)

    assert Video.objects.get().title == "Morning"
