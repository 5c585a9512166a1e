"""What a creator does about one meme of her videos, or about one person."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent import services as consent
from consent.models import Block
from creatorhub.actors import Actor
from creatorhub.pages import render_page, see_other
from creatorhub.requests import SignedIn, login_required
from remixer import services
from remixer.models import Render
from remixer.wording import summary_of


class WhyForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("The person who made it reads it."),
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def take_down(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Of one meme of one's video. GET asks, because it cannot be undone."""
    render = _of_my_video(request, uuid)
    form = WhyForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        actor = Actor.creator(request.user)
        if services.takedown_by_creator(render, actor=actor, reason=form.cleaned_data["reason"]):
            messages.success(request, _("The meme is taken down. Your video allows what it did."))
        else:
            messages.info(request, _("The meme could not be seen any more: nothing changed."))
        return see_other("remixer:memes_of_my_videos")
    context = {"meme": render, "summary": summary_of(render), "form": form}
    status = 422 if form.is_bound else 200
    return render_page(request, "remixer/take_down.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def block_maker(request: SignedIn, uuid: UUID) -> HttpResponse:
    """Of the person who made this meme of one's video. GET asks, and says what it will touch."""
    render = _of_my_video(request, uuid)
    person = render.requester
    counts = services.memes_by(person, of=request.user)
    if request.method != "POST":
        context = {"meme": render, "person": person, "counts": counts}
        return render_page(request, "remixer/block.html", context)
    actor = Actor.creator(request.user)
    consent.block(person, actor=actor, creator=request.user)
    done = _("%(name)s is blocked.") % {"name": person.name}
    if request.POST.get("take_down"):
        down = services.takedown_of_person(person, actor=actor, creator=request.user)
        gone = ngettext("%(count)s meme is taken down.", "%(count)s memes are taken down.", down)
        done = f"{done} {gone % {'count': f'{down:,}'}}"
    messages.success(request, done)
    return see_other("remixer:blocked")


@login_required
@require_safe
def blocked(request: SignedIn) -> HttpResponse:
    blocks = Block.objects.filter(creator=request.user).select_related("person").order_by("-id")
    return render_page(request, "remixer/blocked.html", {"blocks": blocks})


@login_required
@require_POST
def unblock(request: SignedIn, uuid: UUID) -> HttpResponse:
    block = get_object_or_404(
        Block.objects.filter(creator=request.user).select_related("person"), person__uuid=uuid
    )
    consent.unblock(block.person, actor=Actor.creator(request.user), creator=request.user)
    messages.success(
        request,
        _("%(name)s may do again what you allow everybody.") % {"name": block.person.name},
    )
    return see_other("remixer:blocked")


def _of_my_video(request: SignedIn, uuid: UUID) -> Render:
    mine = Render.objects.published().filter(creator=request.user).exclude(requester=request.user)
    return get_object_or_404(mine.with_people(), uuid=uuid)
