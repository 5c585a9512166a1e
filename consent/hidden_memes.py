"""What becomes of the memes that a withdrawal hid, in numbers and in words. Reads only."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import ngettext

from consent import services
from consent.models import ConsentState, Edit, Item
from consent.signals import HiddenMemes, hidden_memes
from library.models import Video


def of_edit(edit: Edit) -> HiddenMemes:
    """Of a withdrawal: what undoing it would bring back now. Of the draft of an undo: what it would
    bring back; of an undo that was done: what came back, and what did not."""
    if not edit.undoes:
        return _found(edit, undone=edit.version)
    if not edit.confirmed_at:
        put_back = Item.objects.filter(
            edit=edit, video=OuterRef("pk"), outcome=Item.Outcome.PENDING, after__isnull=False
        ).exclude(after__in=services.dead_terms(edit))
        return _found(edit, undone=edit.undoes.version, chosen=Q(Exists(put_back)))
    left = _found(edit, undone=edit.undoes.version, chosen=Q(pk=None), undo=edit)
    return replace(left, back=edit.restored, until=None)


def sentences_of(edit: Edit) -> list[str]:
    """What a page says of the memes that an edit, or the one that it undoes, hid."""
    if not edit.confirmed_at:
        return _foreseen(of_edit(edit)) if edit.undoes and edit.grants else []
    sentences = _told(of_edit(edit)) if edit.undoes and edit.undoes.taken_down else []
    undo = Edit.objects.filter(undoes=edit).exclude(confirmed_at=None)
    if edit.taken_down and not undo.exists():
        sentences += _withdrawn(_found(edit, undone=edit.version))
    return sentences


def sentences_of_opt_out(state: ConsentState) -> list[str]:
    """What opting back in, with what was allowed before, would bring back now."""
    found = hidden_memes(
        creator=state.creator,
        undone=state.withdrawn_version,
        videos=None,
        asked_at=timezone.now(),
        beneath_opt_out=True,
    )
    return _foreseen(found)


def sentences_of_return(memes: HiddenMemes) -> list[str]:
    """What opting back in has brought back, and what it has not."""
    return _told(memes)


def _found(
    edit: Edit, *, undone: int, chosen: Q | None = None, undo: Edit | None = None
) -> HiddenMemes:
    return hidden_memes(
        creator=edit.creator,
        undone=undone,
        videos=None if chosen is None else Video.objects.filter(chosen),
        asked_at=timezone.now(),
        undo=undo,
    )


def _foreseen(memes: HiddenMemes) -> list[str]:
    """Before an undo, a sentence for each number that is not zero."""
    sentences = []
    if memes.back and memes.until:
        sentences.append(
            ngettext(
                "%(count)s meme comes back, if you do this before %(time)s.",
                "%(count)s memes come back, if you do this before %(time)s.",
                memes.back,
            )
            % {"count": f"{memes.back:,}", "time": _clock(memes)}
        )
    return [*sentences, *_staying(memes)]


def _told(memes: HiddenMemes) -> list[str]:
    """After an undo, the same."""
    sentences = []
    if memes.back:
        sentences.append(
            ngettext("%(count)s meme is back.", "%(count)s memes are back.", memes.back)
            % {"count": f"{memes.back:,}"}
        )
    return [*sentences, *_staying(memes)]


def _withdrawn(memes: HiddenMemes) -> list[str]:
    """After a withdrawal: until when undoing it brings its memes back."""
    back = memes.back + memes.held + memes.paused + memes.blocked
    if back and memes.until:
        sentence = ngettext(
            "%(count)s meme of it is hidden now, and will be deleted at %(time)s. "
            "Undo brings it back until then.",
            "%(count)s memes of it are hidden now, and will be deleted at %(time)s. "
            "Undo brings them back until then.",
            back,
        )
        return [sentence % {"count": f"{back:,}", "time": _clock(memes)}]
    if memes.too_late:
        sentence = ngettext(
            "%(count)s meme that it hid is deleted. Undo does not bring it back.",
            "%(count)s memes that it hid are deleted. Undo does not bring them back.",
            memes.too_late,
        )
        return [sentence % {"count": f"{memes.too_late:,}"}]
    return []


def for_how_long(*, opted_out: bool = False) -> str:
    """Right after a withdrawal that hid memes: until when they come back, and how."""
    minutes = round(settings.WITHDRAWN_MEMES_KEPT / 60)
    if not minutes:
        return ""
    if opted_out:
        sentence = ngettext(
            "What is hidden is deleted in %(count)s minute; turning permissions back on, with what "
            "was allowed before, brings it back until then.",
            "What is hidden is deleted in %(count)s minutes; turning permissions back on, with "
            "what was allowed before, brings it back until then.",
            minutes,
        )
    else:
        sentence = ngettext(
            "What is hidden is deleted in %(count)s minute; undo brings it back until then.",
            "What is hidden is deleted in %(count)s minutes; undo brings it back until then.",
            minutes,
        )
    return sentence % {"count": f"{minutes:,}"}


def _staying(memes: HiddenMemes) -> list[str]:
    """Why others do not come back."""
    reasons = (
        (
            memes.held,
            ngettext(
                "%(count)s stays hidden: CreatorHub staff hold its video.",
                "%(count)s stay hidden: CreatorHub staff hold their videos.",
                memes.held,
            ),
        ),
        (
            memes.paused,
            ngettext(
                "%(count)s stays hidden as long as CreatorHub pauses this.",
                "%(count)s stay hidden as long as CreatorHub pauses this.",
                memes.paused,
            ),
        ),
        (
            memes.blocked,
            ngettext(
                "%(count)s stays hidden as long as you block the person who made it.",
                "%(count)s stay hidden as long as you block the people who made them.",
                memes.blocked,
            ),
        ),
        (
            memes.not_allowed,
            ngettext(
                "%(count)s stays hidden, and is then deleted: its video is not allowed again.",
                "%(count)s stay hidden, and are then deleted: their videos are not allowed again.",
                memes.not_allowed,
            ),
        ),
        (
            memes.removed,
            ngettext(
                "%(count)s does not: the person who made it removed it.",
                "%(count)s do not: the people who made them removed them.",
                memes.removed,
            ),
        ),
        (
            memes.too_late,
            ngettext(
                "%(count)s meme does not come back: it is deleted.",
                "%(count)s memes do not come back: they are deleted.",
                memes.too_late,
            ),
        ),
    )
    return [sentence % {"count": f"{number:,}"} for number, sentence in reasons if number]


def _clock(memes: HiddenMemes) -> str:
    assert memes.until  # noqa: S101  (where some can come back there is a time)
    return date_format(timezone.localtime(memes.until), "H:i")
