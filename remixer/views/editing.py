"""Making a meme: the form, its preview, the request."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from creatorhub.actors import Actor
from creatorhub.errors import Conflict, Forbidden, Refused
from creatorhub.pages import render_page, see_other
from creatorhub.requests import SignedIn, login_required
from library import services as library
from library.models import Video
from remixer import services
from remixer.catalogue import TEMPLATES, Template
from remixer.forms import PREFIX, TIMES, EditorForm, StartForm, captions_in, texts_of_others
from remixer.wording import WHAT_TO_DO

KEPT_OUT_OF_URLS = ("csrfmiddlewaretoken", "idempotency_key", "act")
ALREADY_MADE = _("This page has made a meme already. Press “Make it” again to make this one too.")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def editor(request: SignedIn, uuid: UUID) -> HttpResponse:
    """`?template=` chooses the template; other parameters are what the fields start with. A POST
    with `act=preview` redirects to the same page with what was typed, for browsers without
    script."""
    video = get_object_or_404(Video.objects.present(), uuid=uuid)
    try:
        permission = services.require_permission(video, asker=request.user)
    except Forbidden as refused:
        return _not_allowed(request, video, refused)
    if request.method != "POST":
        template = TEMPLATES.get(request.GET.get("template", "")) or next(iter(TEMPLATES.values()))
        form = EditorForm(template=template, video=video)
        form.initial.update(_typed(request.GET, template))
        return _page(request, video, form, permission)
    template = services.template_of(request.POST.get("template", ""))
    if request.POST.get("act") == "preview":
        kept = [(k, v) for k, v in request.POST.items() if k not in KEPT_OUT_OF_URLS]
        return see_other(f"{request.path}?{urlencode(kept)}")
    form = EditorForm(request.POST, template=template, video=video)
    if not form.is_valid():
        return _page(request, video, form, permission, status=422)
    return _make(request, video, form, permission)


def _make(
    request: SignedIn, video: Video, form: EditorForm, permission: services.Permission
) -> HttpResponse:
    try:
        made = services.request_render(
            actor=Actor.creator(request.user),
            requester=request.user,
            video=video,
            template=form.chosen.id,
            captions=form.captions,
            start=form.cleaned_data["start"],
            length=form.cleaned_data["length"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except Forbidden as refused:
        return _not_allowed(request, video, refused)
    except Conflict:
        form.add_error(None, ALREADY_MADE)
        form.with_new_key()
        return _page(request, video, form, permission, status=409)
    except Refused as refused:
        form.show(refused)
        status = 422 if refused.status == 400 else refused.status
        return _page(request, video, form, permission, status=status)
    return see_other("remixer:meme", made.uuid)


@login_required
@require_safe
def preview(request: SignedIn, uuid: UUID) -> HttpResponse:
    """JPEG of the frame and the texts that the meme would start with, from the form's fields."""
    video = get_object_or_404(Video.objects.present(), uuid=uuid)
    template = services.template_of(request.GET.get("template", ""))
    picture = services.preview_image(
        video,
        asker=request.user,
        template=template.id,
        captions=captions_in(request.GET, template),
        start=min(StartForm(request.GET).seconds, video.duration),
    )
    return HttpResponse(
        picture, content_type="image/jpeg", headers={"Cache-Control": "private, no-store"}
    )


def _typed(query: QueryDict, template: Template) -> dict[str, str]:
    """The values that an address has for the fields of this template. If it only has texts of
    another template's boxes, they go into this template's boxes in order."""
    fields = [PREFIX + box.id for box in template.boxes]
    typed = {name: str(query[name]) for name in (*TIMES, *fields) if query.get(name)}
    if not typed.keys() & set(fields):
        texts = [str(text) for name, text in query.items() if name.startswith(PREFIX) and text]
        for box, text in zip(template.boxes, texts, strict=False):
            typed[PREFIX + box.id] = text[: box.max_chars]
    return typed


def _page(
    request: SignedIn,
    video: Video,
    form: EditorForm,
    permission: services.Permission,
    *,
    status: int = 200,
) -> HttpResponse:
    address = reverse("remixer:preview", args=[video.uuid])
    shown = {"template": form.chosen.id, "start": form["start"].value() or 0}
    shown |= {field.name: field.value() or "" for field in form.texts}
    context = {
        "video": video,
        "form": form,
        "until": permission.until,
        "preview_url": address,
        "shown_url": f"{address}?{urlencode(shown)}",
        "other_texts": texts_of_others(request.POST or request.GET, form.chosen),
        "has_proxy": bool(library.proxy_of(video)),
        "templates": [
            (template, template.id == form.chosen.id, f"{address}?{_example(template)}")
            for template in TEMPLATES.values()
        ],
    }
    return render_page(request, "remixer/editor.html", context, partial="editor", status=status)


def _example(template: Template) -> str:
    texts = {PREFIX + box.id: box.example for box in template.boxes}
    return urlencode({"template": template.id} | texts)


def _not_allowed(request: SignedIn, video: Video, refused: Forbidden) -> HttpResponse:
    """The reason, and nothing else about the video unless it is the person's own."""
    if getattr(request, "htmx", False):
        refresh = HttpResponseClientRefresh()
        refresh.status_code = 403
        return refresh
    context = {
        "sentence": refused.sentence,
        "what_to_do": WHAT_TO_DO[refused.code],
        "own_video": video if video.owner_id == request.user.pk else None,
    }
    return render(request, "remixer/not_allowed.html", context, status=403)
