"""A person's own account: name, time zone, space used, API tokens, and confirming the address."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import send_verification_email_for_user
from allauth.account.models import EmailAddress
from allauth.account.views import EmailView, SignupView
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.forms import NameTaken, ProfileForm, SignupForm, TokenForm
from accounts.models import Export, Token
from accounts.wording import device_of, last_used
from audit import history
from creatorhub.actors import Actor
from creatorhub.errors import Refused
from creatorhub.fresh import fresh_sign_in
from creatorhub.jobs import State
from creatorhub.models import User
from creatorhub.pages import render_page, see_other
from creatorhub.requests import SignedIn, login_required
from creatorhub.shown import ChangedMeanwhile
from creatorhub.verified import is_verified
from library import services as library
from library.serving import serve
from remixer.models import Render


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def account(request: SignedIn) -> HttpResponse:
    user = request.user
    saved = {"display_name": user.display_name, "time_zone": user.time_zone}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=saved)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            services.update_profile(user, actor=Actor.creator(user), **form.cleaned_data)
        except ChangedMeanwhile as changed:
            form.show_again(changed, how=history.last_of(["account.updated"], creator=user))
            status = 409
        except Refused as refused:
            form.add_error("display_name", refused.sentence)
        else:
            messages.success(request, _("Your account is saved."))
            return see_other("accounts:account")
    tokens = Token.objects.filter(user=user, expires_at__gt=timezone.now()).order_by("-pk")
    context = {
        "form": form,
        "tokens": [(token, last_used(token)) for token in tokens],
        "verified": is_verified(user),
        "factors": Authenticator.objects.filter(user=user).exists(),
        "used": library.quota_used(user),
        "quota": settings.QUOTA_BYTES,
    }
    return render_page(request, "accounts/account.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@fresh_sign_in
@never_cache
def token_new(request: SignedIn) -> HttpResponse:
    """Make a token. Its key is in the answer to the form, and nowhere else."""
    user = request.user
    sent = request.POST if request.method == "POST" else None
    form = TokenForm(sent, initial={"once": uuid4()})
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                token, key = services.make_token(
                    user, actor=Actor.creator(user), **form.cleaned_data
                )
            except Refused as refused:
                form.add_error(None, refused.sentence)
                status = refused.status
            else:
                told = {"name": token.name, "scope": token.get_scope_display()}
                get_adapter(request).send_notification_mail(
                    "accounts/email/token_created", user, told
                )
                made = {"token": token, "key": key}
                return render_page(request, "accounts/token_made.html", made, status=201)
    context = {"form": form, "verified": is_verified(user)}
    return render_page(request, "accounts/token_new.html", context, status=status)


@require_POST
@login_required
def token_end(request: SignedIn, uuid: UUID) -> HttpResponse:
    services.end_token(request.user, uuid, actor=Actor.creator(request.user))
    messages.success(request, _("The token no longer works."))
    return see_other(f"{reverse('accounts:account')}#tokens")


@require_POST
@login_required
def send_confirmation(request: SignedIn) -> HttpResponse:
    """Send the mail that confirms the address once more. allauth limits how often."""
    if is_verified(request.user):
        messages.success(request, _("Your address is confirmed already."))
    elif not send_verification_email_for_user(request, request.user):
        messages.warning(request, _("We have just sent one. Look again in a few minutes."))
    return see_other("accounts:account")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def sessions(request: SignedIn) -> HttpResponse:
    """Where the person is signed in. POST ends every session but this one."""
    if request.method == "POST":
        services.end_all_sessions(request.user, actor=Actor.creator(request.user))
        update_session_auth_hash(request, request.user)
        UserSession.objects.create_from_request(request)
        messages.success(request, _("All other sessions are ended."))
        return see_other("accounts:sessions")
    listed = UserSession.objects.purge_and_list(request.user)
    listed.sort(key=lambda session: session.created_at, reverse=True)
    for session in listed:
        session.device = device_of(session.user_agent)
    return render_page(request, "accounts/sessions.html", {"sessions": listed})


@require_POST
@login_required
def session_end(request: SignedIn, pk: int) -> HttpResponse:
    services.end_session(request.user, pk, actor=Actor.creator(request.user))
    messages.success(request, _("The session is ended."))
    return see_other("accounts:sessions")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@fresh_sign_in
def delete(request: SignedIn) -> HttpResponse:
    """What deleting the account means, and the button; after it the day on which it is erased."""
    user = request.user
    if request.method == "POST":
        services.ask_for_deletion(user, actor=Actor.creator(user))
        update_session_auth_hash(request, user)
        UserSession.objects.create_from_request(request)
        messages.success(request, _("Everything is off now, and the account will be deleted."))
        return see_other("accounts:delete")
    context = {
        "days": settings.DELETION_DAYS,
        "videos": library.video_count(user),
        "memes": Render.objects.requested_by(user).count(),
        "of_theirs": Render.objects.filter(creator=user, state=State.DONE).count(),
    }
    return render_page(request, "accounts/delete.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@fresh_sign_in
def export(request: SignedIn) -> HttpResponse:
    """All of one's data: how far the archive is, and where to have it from."""
    user = request.user
    if request.method == "POST":
        services.ask_for_export(user, actor=Actor.creator(user))
        return see_other("accounts:export")
    context = {"export": _newest_export(user), "days": settings.EXPORT_DAYS}
    return render_page(request, "accounts/export.html", context)


@require_safe
@login_required
def export_status(request: SignedIn) -> HttpResponse:
    """The part of the page that changes. It says nothing that needs a fresh sign-in."""
    newest = _newest_export(request.user)
    context = {"export": newest, "days": settings.EXPORT_DAYS}
    return render(request, "accounts/export_status.html", context)


@require_safe
@login_required
@fresh_sign_in
def export_file(request: SignedIn, uuid: UUID) -> HttpResponseBase:
    key = services.archive_for(request.user, uuid)
    if request.method == "GET":
        services.record_taking(request.user, uuid, actor=Actor.creator(request.user))
    return serve(
        request,
        key,
        content_type="application/zip",
        ask_again=lambda: services.archive_for(request.user, uuid),
        filename=f"creatorhub-{request.user.username}.zip",
        download=True,
    )


def _newest_export(user: User) -> Export | None:
    return Export.objects.filter(user=user).order_by("-pk").first()


@require_POST
@login_required
def keep(request: SignedIn) -> HttpResponse:
    services.keep_account(request.user, actor=Actor.creator(request.user))
    messages.success(
        request, _("Your account stays. Everything is still off: decide again what you allow.")
    )
    return see_other("consent:overview")


class Addresses(EmailView):  # type: ignore[misc]
    """allauth's, except that only a confirmed address becomes the main one: another may be somebody
    else's, and staff find a person by it."""

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        context = super().get_context_data(**context)
        addresses = [radio["emailaddress"] for radio in context["emailaddress_radios"]]
        return {**context, "rows": [{"address": one, "acts": _acts(one)} for one in addresses]}

    def _action_primary(
        self, request: HttpRequest, *args: object, **kwargs: object
    ) -> HttpResponse | None:
        address: EmailAddress | None = self._get_email_address(request)
        if address and not address.verified:
            refusal = "account/messages/unverified_primary_email.txt"
            get_adapter(request).add_message(request, messages.ERROR, refusal)
            return None
        return super()._action_primary(request, *args, **kwargs)  # type: ignore[no-any-return]


def _acts(address: EmailAddress) -> list[tuple[str, str, str]]:
    """What can be done with an address now: the name of the button, its label and its class."""
    acts = []
    if not address.verified:
        acts.append(("action_send", _("Send the confirmation again"), ""))
    elif not address.primary:
        acts.append(("action_primary", _("Make main"), ""))
    if get_adapter().can_delete_email(address):
        acts.append(("action_remove", _("Remove"), "danger"))
    return acts


class SignUp(SignupView):  # type: ignore[misc]
    """allauth's, except that of two people who take a name at once the second is told so."""

    def form_valid(self, form: SignupForm) -> HttpResponse:
        try:
            return super().form_valid(form)  # type: ignore[no-any-return]
        except NameTaken:
            form.add_error("username", get_adapter().error_messages["username_taken"])
            answer = self.form_invalid(form)
            answer.status_code = 422
            return answer  # type: ignore[no-any-return]
