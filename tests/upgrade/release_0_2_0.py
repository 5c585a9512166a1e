"""Release 0.2.0 as a database: its migrations, and rows in every state that a table can have.

Written once and not changed when models change: these are rows of then, made with the models of
then. Only `migrate` may make them fit what comes later.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from audit import tree

MIGRATIONS = {
    "audit": "0001_initial",
    "consent": "0001_initial",
    "creatorhub": "0001_initial",
    "library": "0001_initial",
    "remixer": "0001_initial",
    # packages whose tables have rows of ours
    "account": "0009_emailaddress_unique_primary_email",
    "authtoken": "0004_alter_tokenproxy_options",
    "waffle": "0004_update_everyone_nullbooleanfield",
}
PASSWORD = "a long password for the upgrade"
TOKEN = "0123456789abcdef0123456789abcdef01234567"


class Release:
    """`apps` has the models of then; `store` puts a file under a key into the media folder."""

    def __init__(self, apps: Any, store: Callable[[str], None]) -> None:
        self.apps = apps
        self.store = store
        self.now = timezone.now()
        self.remix = self._model("consent.Notice").objects.get(use="remix", version=1)
        self.train = self._model("consent.Notice").objects.get(use="train", version=1)

    def fill(self) -> None:
        self._people()
        self._terms()
        self._videos()
        self._decided()
        self._under_way()
        self._memes()
        self._counts()
        self._log()

    def _model(self, name: str) -> Any:
        return self.apps.get_model(name)

    def _add(self, model: str, **values: Any) -> Any:
        return self._model(model).objects.create(**values)

    # who

    def _people(self) -> None:
        self.alice, self.bob, self.carol, self.dave = (
            self._person(name) for name in ("alice", "bob", "carol", "dave")
        )
        self._person("staff", is_staff=True, is_superuser=True)
        self._add("authtoken.Token", key=TOKEN, user_id=self.alice.pk)
        self._add("waffle.Switch", name="remixer_paused", active=False)
        self._add(
            "consent.SavedFilter", creator=self.alice, name="Ends soon", query="remix=allowed"
        )

    def _person(self, name: str, **more: Any) -> Any:
        user = self._add(
            "creatorhub.User",
            username=name,
            email=f"{name}@example.org",
            password=make_password(PASSWORD),
            display_name=name.title(),
            time_zone="Europe/Helsinki",
            **more,
        )
        self._add(
            "account.EmailAddress", user_id=user.pk, email=user.email, verified=True, primary=True
        )
        return user

    def _terms(self) -> None:
        self.open = self._add("consent.Terms", use="remix", notice=self.remix)
        self.until = self._add(
            "consent.Terms", use="remix", notice=self.remix, until=self.now + timedelta(days=200)
        )
        self.training = self._add("consent.Terms", use="train", notice=self.train)
        self._add(
            "consent.UploadDefault",
            creator=self.alice,
            use="train",
            terms=self.training,
            after_video=0,
            chosen_at=self.now,
        )

    # videos

    def _videos(self) -> None:
        self.ready = [self._ready(self.alice, f"Ready {number}") for number in range(1, 9)]
        self.carols = self._ready(self.carol, "Opted out")
        self.daves = [self._ready(self.dave, f"Held {number}") for number in (1, 2)]
        processing = self._video(self.alice, "Processing", status="processing")
        processing.source_key = f"{_folder('videos', processing.uuid)}/source.mov"
        processing.save()
        self.store(processing.source_key)
        self._add("library.Ingest", video=processing)
        refused = self._video(self.alice, "Refused", status="refused", problem="No video.")
        self._add("library.Ingest", video=refused, state="refused", finished_at=self.now)
        self._video(self.alice, "Removed", status="ready", removed_at=self.now)

    def _video(self, owner: Any, title: str, **more: Any) -> Any:
        return self._add("library.Video", owner=owner, title=title, **more)

    def _ready(self, owner: Any, title: str) -> Any:
        video = self._video(
            owner,
            title,
            status="ready",
            collection="Upgrade",
            duration_ms=2000,
            width=320,
            height=180,
        )
        folder = _folder("videos", video.uuid)
        video.mezzanine_key, video.poster_key = f"{folder}/mezzanine.mp4", f"{folder}/poster.jpg"
        video.save()
        self.store(video.mezzanine_key)
        self.store(video.poster_key)
        self._add("library.Ingest", video=video, state="done", attempts=1, progress=100)
        return video

    # what was decided

    def _edit(self, creator: Any, status: str, version: int = 0, **values: Any) -> Any:
        confirmed = status not in ("draft", "preparing", "expired")
        return self._add(
            "consent.Edit",
            **{
                "creator": creator,
                "actor": f"creator:{creator.uuid}",
                "use": "remix",
                "change": "allowed" if values.get("terms") else "off",
                "status": status,
                "version": version,
                "expires_at": self.now + timedelta(days=1),
                "confirmed_at": self.now if confirmed else None,
                "applied_at": self.now if status == "applied" else None,
                **values,
            },
        )

    def _items(self, edit: Any, *videos: Any, before: Any = None, **values: Any) -> None:
        for video in videos:
            self._add(
                "consent.Item",
                **{
                    "edit": edit,
                    "video": video,
                    "before": before,
                    "before_decided": before is not None,
                    "after": edit.terms,
                    **values,
                },
            )

    def _consent(self, video: Any, edit: Any, terms: Any, **values: Any) -> None:
        self._model("consent.Consent").objects.update_or_create(
            video=video,
            use=edit.use,
            defaults={
                "creator": edit.creator,
                "terms": terms,
                "version": edit.version,
                "changed_at": self.now,
                "edit": edit,
                **values,
            },
        )

    def _apply(self, edit: Any, *videos: Any, before: Any = None) -> Any:
        self._items(edit, *videos, before=before)
        for video in videos:
            withdrawn = {} if edit.terms else {"withdrawn_version": edit.version}
            self._consent(video, edit, edit.terms, **withdrawn)
        edit.selected = edit.will_change = edit.changed = len(videos)
        edit.cursor = max(video.pk for video in videos)
        if edit.terms:
            edit.grants = len(videos)
        else:
            edit.withdraws = len(videos)
        edit.save()
        return edit

    def _decided(self) -> None:
        one, two, three, four, five, _, _, eight = self.ready
        self.first = self._apply(
            self._edit(self.alice, "applied", 1, terms=self.open, idempotency_key="once"),
            *(one, two, three),
        )
        self._apply(self._edit(self.alice, "applied", 2, terms=self.until), four)
        self.off = self._apply(
            self._edit(self.alice, "applied", 3, reason="Second thoughts"), three, before=self.open
        )
        undone = self._apply(self._edit(self.alice, "applied", 4, terms=self.open), five)
        inverse = self._edit(self.alice, "applied", 5, change="former", undoes=undone)
        self._items(inverse, five, before=self.open, after_decided=False)
        self._consent(five, inverse, None, decided=False, withdrawn_version=5)
        inverse.selected = inverse.will_change = inverse.changed = inverse.withdraws = 1
        inverse.cursor = five.pk
        inverse.save()
        listed = self._edit(self.alice, "applied", 6, change="listed")
        self._items(listed, eight, after=self.open)
        self._consent(eight, listed, self.open)
        listed.selected = listed.will_change = listed.changed = listed.grants = 1
        listed.cursor = eight.pk
        listed.save()
        self._apply(self._edit(self.carol, "applied", 1, terms=self.open), self.carols)
        self._apply(self._edit(self.dave, "applied", 1, terms=self.open), *self.daves)

    # edits that the new version must finish

    def _under_way(self) -> None:
        one, _, _, _, _, six, seven, _ = self.ready
        self.draft = self._edit(self.alice, "draft", selected=1, will_change=1, withdraws=1)
        self._items(self.draft, one, before=self.open)
        self._edit(self.alice, "expired", expires_at=self.now - timedelta(days=1))
        everything = {"query": "", "upto": self.ready[-1].pk, "zone": "UTC", "under_terms": ""}
        self.preparing = self._edit(
            self.alice, "preparing", use="train", terms=self.training, matching=everything
        )
        self._add("consent.EditJob", edit=self.preparing)

        cancelled = self._edit(
            self.alice,
            "cancelled",
            7,
            use="train",
            terms=self.training,
            selected=2,
            will_change=2,
            grants=2,
            changed=1,
            cursor=six.pk,
        )
        self._items(cancelled, six, seven)
        self._consent(six, cancelled, self.training)

        self.applying = self._edit(
            self.alice,
            "applying",
            8,
            terms=self.open,
            selected=2,
            will_change=2,
            grants=2,
            changed=1,
            cursor=six.pk,
            parts=1,
        )
        self._items(self.applying, six, seven)
        self._consent(six, self.applying, self.open)
        self._add("consent.EditJob", edit=self.applying)

        self.holding = self._edit(
            self.dave,
            "holding",
            2,
            matching={**everything, "upto": self.daves[-1].pk},
            confirmed_under={"opted_out": False, "paused": []},
        )
        self._add("consent.EditJob", edit=self.holding)

    # memes, in every state

    def _memes(self) -> None:
        one, _, three, *_ = self.ready
        done = self._meme(one, "done", published_at=self.now)
        folder = _folder("renders", done.uuid)
        done.file_key, done.poster_key = f"{folder}/meme.mp4", f"{folder}/meme.jpg"
        done.save()
        self.store(done.file_key)
        self.store(done.poster_key)
        self.meme = done
        self._meme(one, "queued", idempotency_key="once")
        self._meme(one, "failed", problem="The machine stopped.")
        self._meme(one, "cancelled", problem="Cancelled.")
        self._meme(three, "taken_down", problem="Off.", ended_for="off", published_at=self.now)
        self._meme(three, "removed")

    def _meme(self, video: Any, state: str, **values: Any) -> Any:
        return self._add(
            "remixer.Render",
            requester=self.bob,
            video=video,
            creator=video.owner,
            template="top_bottom",
            captions={"top": "Upgrade", "bottom": "done"},
            length_ms=2000,
            terms=self.open,
            allowed_version=1,
            state=state,
            finished_at=None if state == "queued" else self.now,
            **values,
        )

    # what is counted, and the log

    def _counts(self) -> None:
        for creator, version in ((self.alice, 8), (self.dave, 2)):
            self._add("consent.ConsentState", creator=creator, version=version, changed_at=self.now)
        self._add(
            "consent.ConsentState",
            creator=self.carol,
            version=2,
            opted_out=True,
            withdrawn_version=2,
            changed_at=self.now,
            opted_out_at=self.now,
        )
        for creator, videos in ((self.alice, 10), (self.carol, 1), (self.dave, 2)):
            self._add("library.VideoCount", owner=creator, videos=videos)
        for creator, terms, videos in (
            (self.alice, self.open, 4),
            (self.alice, self.until, 1),
            (self.alice, self.training, 1),
            (self.carol, self.open, 1),
            (self.dave, self.open, 2),
        ):
            self._add(
                "consent.ConsentCount", creator=creator, use=terms.use, terms=terms, videos=videos
            )

    def _log(self) -> None:
        video = self.ready[0]
        self._event(self.alice, 1, "video.added", subject=video, title=video.title, via="upload")
        self._event(
            self.alice,
            2,
            "consent.edited",
            edit=str(self.first.uuid),
            use="remix",
            to="remix/1 allowed everyone -",
            until=None,
            notice=str(self.remix.uuid),
            undoes=None,
            reason="",
            selected=3,
            changed=3,
            already=0,
            superseded=0,
            not_eligible=0,
            items_root=self._root_over(self.ready[:3]),
            version=1,
            stopped=0,
            taken_down=0,
        )
        self._event(
            self.carol,
            1,
            "creator.opted_out",
            version=2,
            reason="",
            stopped=0,
            taken_down=0,
        )
        self._event(None, None, "remixer.resumed", reason="Back again")
        self._add("audit.Counter", creator=self.alice, last=2)
        self._add("audit.Counter", creator=self.carol, last=1)

    def _root_over(self, videos: list[Any]) -> str:
        """Of videos that were undecided and got the terms `open`."""
        state = {"after": "remix/1 allowed everyone -", "before": "undecided", "outcome": "changed"}
        uuids = sorted(str(video.uuid) for video in videos)
        lines = [tree.canonical({**state, "video": key}) for key in uuids]
        return tree.root([tree.leaf_hash(line) for line in lines]).hex()

    def _event(
        self, creator: Any, seq: int | None, action: str, *, subject: Any = None, **fields: Any
    ) -> None:
        """As audit.log wrote it, with its hash."""
        event_id = uuid.uuid4()
        body: dict[str, Any] = {
            "v": 1,
            "id": str(event_id),
            "action": action,
            "actor": f"creator:{creator.uuid}" if creator else "system:upgrade",
            "correlation_id": str(event_id),
            "at": f"{self.now:%Y-%m-%dT%H:%M:%S.%fZ}",
            **fields,
        }
        if subject:
            body["subject"] = str(subject.uuid)
        if creator:
            body |= {"creator": str(creator.uuid), "creator_seq": seq}
        data = tree.canonical(json.loads(json.dumps(body)))
        self._add(
            "audit.Event",
            uuid=event_id,
            action=action,
            actor=body["actor"],
            creator_id=creator.pk if creator else None,
            creator_seq=seq,
            correlation_id=event_id,
            subject=subject.uuid if subject else None,
            at=self.now,
            body=data,
            leaf_hash=tree.leaf_hash(data),
        )


def _folder(kind: str, key: uuid.UUID) -> str:
    return f"{kind}/{str(key)[:2]}/{key}"
