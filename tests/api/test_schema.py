"""What the schema promises of videos, checks, the opt-out and edits is what they answer, also about
a use that is added while the product runs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from consent.api.videos import DESCRIPTIONS
from consent.filters import MAX_LENGTH, STATE_LABELS, VideoFilter
from consent.models import Edit, EditJob
from consent.uses import USES, Use
from creatorhub.jobs import State
from creatorhub.models import User
from library.models import Ingest, Video
from tests import factories
from tests.api.schema import described, differences, operations
from tests.conftest import ApiOf, LargeEdits

Operation = tuple[str, str]

pytestmark = pytest.mark.django_db

DUB = Use(id="dub", label="Dubbing", verb="dubbed", noun="dub", consequence="Others may dub it.")


class Asked:
    """Asks each operation once, by its path in the schema, and keeps what was answered."""

    def __init__(self, api: APIClient, owner: User) -> None:
        self.api, self.owner = api, owner
        self.answers: dict[Operation, Any] = {}

    def ask(self, method: str, path: str, body: Any = None, *, of: Any = None) -> Any:
        address = f"/api/v1/{path}".replace("{uuid}", str(of))
        data = json.dumps(body) if body is not None else ""
        answer: Any = self.api.generic(method, address, data, content_type="application/json")
        assert answer.status_code < 300, (method, address, answer.content)
        self.answers[(method, f"/api/v1/{path}")] = answer
        return answer.json() if answer.content else None

    def about_videos(self) -> None:
        with factories.mezzanine().open("rb") as file:
            address = "/api/v1/videos/"
            brought: Any = self.api.post(address, {"file": file, "title": "Bars"})
            self.answers[("POST", address)] = brought
        video = Video.objects.get()
        Ingest.objects.update(state=State.FAILED)
        self.ask("POST", "videos/{uuid}/retry/", of=video.uuid)
        self.ask("PATCH", "videos/{uuid}/", {"collection": "Tests"}, of=video.uuid)
        self.ask("DELETE", "videos/{uuid}/", of=video.uuid)
        [allowed] = factories.make_videos(1, owner=self.owner)
        factories.make_consent(allowed)
        self.ask("GET", "videos/")
        self.ask("GET", "videos/{uuid}/", of=allowed.uuid)
        self.ask("GET", "videos/{uuid}/consent/", of=allowed.uuid)
        self.ask("POST", "checks/", {"use": "remix", "videos": [str(allowed.uuid)]})

    def about_edits(self) -> None:
        [video] = factories.make_videos(1, owner=self.owner)
        unready = factories.make_video(owner=self.owner, ready=False)
        selected = {"ids": [str(video.uuid), str(unready.uuid)]}
        wanted = {"use": "remix", "state": "allowed", "selection": selected}
        edit = self.ask("POST", "edits/", {**wanted, "until": "2099-12-31T00:00:00Z"})["id"]
        self.ask("POST", "edits/{uuid}/confirm/", of=edit)
        self.ask("GET", "edits/{uuid}/", of=edit)
        self.ask("GET", "edits/{uuid}/items/", of=edit)
        self.ask("POST", "edits/turn-off/", {"use": "remix", "selection": selected})
        self.ask("POST", "edits/{uuid}/undo/", of=Edit.objects.latest("pk").uuid)
        self.ask("GET", "edits/")

    def about_jobs(self) -> None:
        videos = factories.make_videos(2, owner=self.owner)
        edit = factories.make_consent(*videos).uuid
        EditJob.objects.update(state=State.FAILED)
        self.ask("POST", "edits/{uuid}/retry/", of=edit)
        self.ask("POST", "edits/{uuid}/cancel/", of=edit)

    def about_everything(self) -> None:
        self.ask("PUT", "opt-out/", {"opted_out": True})
        self.ask("GET", "opt-out/")


def test_every_operation_answers_what_the_schema_says(
    alice: User, api_of: ApiOf, large_edits: LargeEdits
) -> None:
    asked = Asked(api_of(alice), alice)

    asked.about_videos()
    asked.about_edits()
    large_edits(inline=1)
    asked.about_jobs()
    asked.about_everything()

    wrong = {
        operation: found
        for operation, answer in asked.answers.items()
        if (found := differences(*operation, answer))
    }
    assert not wrong
    assert set(asked.answers) == operations("videos", "checks", "opt-out", "edits")


def test_a_use_that_is_added_is_in_answers_and_schema(
    alice: User, bob: User, api_of: ApiOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    [video] = factories.make_videos(1, owner=alice)
    monkeypatch.setitem(USES, DUB.id, DUB)
    api = api_of(alice)

    schema = described()
    parts = schema["components"]["schemas"]
    parameters = [one["name"] for one in schema["paths"]["/api/v1/videos/"]["get"]["parameters"]]
    listed = api.get("/api/v1/videos/").json()["results"][0]
    public = APIClient().get(f"/api/v1/videos/{video.uuid}/consent/").json()
    asked = {"use": "dub", "videos": [str(video.uuid)]}
    checked = api_of(bob).post("/api/v1/checks/", asked, format="json")
    allowed = api.get("/api/v1/videos/?dub=allowed").json()["results"]
    undecided = api.get("/api/v1/videos/?dub=undecided").json()["results"]
    off = {"use": "dub", "selection": {"matching": {"dub": "undecided"}}}
    turned = api.post("/api/v1/edits/turn-off/", off, format="json")

    assert "dub" in parameters
    assert "dub" in parts["UseEnum"]["enum"]
    assert list(parts["ConsentOfVideo"]["properties"]) == list(USES)
    assert list(parts["Answers"]["properties"]) == list(USES)
    assert listed["consent"]["dub"]["reason"] == "undecided"
    assert public["uses"]["dub"] == {
        "allowed": False,
        "reason": "undecided",
        "by": None,
        "why": "The creator has not allowed this for this video.",
    }
    assert checked.json()["decisions"][0]["reason"] == "undecided"
    assert (len(allowed), len(undecided)) == (0, 1)
    assert (turned.status_code, turned.json()["use"]) == (200, "dub")
    assert turned.json()["counts"]["changed"] == 1


def test_the_parameters_of_the_list_are_those_of_its_filters() -> None:
    parameters = {
        one["name"]: one["schema"]
        for one in described()["paths"]["/api/v1/videos/"]["get"]["parameters"]
    }
    filters = VideoFilter({}, queryset=Video.objects.none(), creator=User()).form.fields

    assert set(parameters) == {*filters, "cursor", "page_size"}
    assert set(DESCRIPTIONS) < set(filters)
    assert parameters["remix"]["enum"] == list(STATE_LABELS)
    assert parameters["longer"] == {"type": "number", "minimum": 0, "maximum": MAX_LENGTH}
    assert parameters["from"] == {"type": "string", "format": "date"}
    assert parameters["edit"] == {"type": "string", "format": "uuid"}
    assert parameters["q"] == {"type": "string", "maxLength": 200}
