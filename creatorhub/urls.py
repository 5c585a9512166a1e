"""All addresses, by app."""

from django.contrib import admin
from django.urls import include, path

from accounts.views import Addresses, SignUp
from creatorhub.views import security_txt

urlpatterns = [
    path("", include("consent.urls")),
    path("", include("library.urls")),
    path("", include("remixer.urls")),
    path("", include("accounts.urls")),
    path("", include("audit.urls")),
    path("account/signup/", SignUp.as_view(), name="account_signup"),
    path("account/email/", Addresses.as_view(), name="account_email"),
    path("account/", include("allauth.account.urls")),
    path("account/second-factor/", include("allauth.mfa.urls")),
    path("api/v1/", include("creatorhub.api_urls")),
    path("admin/", admin.site.urls),
    path(".well-known/security.txt", security_txt, name="security_txt"),
]

handler400 = "creatorhub.errors.bad_request"
handler403 = "creatorhub.errors.forbidden"
handler404 = "creatorhub.errors.not_found"
handler500 = "creatorhub.errors.server_error"
