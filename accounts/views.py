"""A person's own account page: name, time zone, API token, space used."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from rest_framework.authtoken.models import Token

from accounts import services
from accounts.forms import ProfileForm
from creatorhub.actors import Actor
from creatorhub.pages import render_page, see_other
from creatorhub.requests import SignedIn, login_required
from library import services as library


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def account(request: SignedIn) -> HttpResponse:
    user = request.user
    saved = {"display_name": user.display_name, "time_zone": user.time_zone}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=saved)
    if form.is_valid():
        services.update_profile(user, actor=Actor.creator(user), **form.cleaned_data)
        messages.success(request, _("Your account is saved."))
        return see_other("accounts:account")
    context = {
        "form": form,
        "token": Token.objects.filter(user=user).first(),
        "used": library.quota_used(user),
        "quota": settings.QUOTA_BYTES,
    }
    return render_page(
        request, "accounts/account.html", context, status=422 if form.is_bound else 200
    )


@require_POST
@login_required
def token(request: SignedIn) -> HttpResponse:
    """Make a token, in place of the one before if there is one; or revoke it."""
    actor = Actor.creator(request.user)
    if "revoke" in request.POST:
        services.revoke_token(request.user, actor=actor)
        messages.success(request, _("The token no longer works."))
    else:
        services.make_token(request.user, actor=actor)
        messages.success(request, _("Your new token is below. An earlier one no longer works."))
    return see_other(f"{reverse('accounts:account')}#token")
