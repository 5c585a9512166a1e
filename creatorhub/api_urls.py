"""The API, version 1, grouped by resource."""

from csp.decorators import csp_update
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from audit.api import EventViewSet
from consent.api import edits
from consent.api import videos as consent
from remixer.api.memes import MemeViewSet
from remixer.api.templates import TemplateViewSet
from remixer.api.uses import UseOfMyVideosViewSet

app_name = "api"

# Swagger UI writes style elements and draws its icons from data: addresses; scripts stay ours.
_docs = csp_update({"style-src": ["'unsafe-inline'"]})(
    SpectacularSwaggerSplitView.as_view(url_name="api:schema")
)

router = SimpleRouter(use_regex_path=False)
router.register("templates", TemplateViewSet, basename="template")
router.register("memes", MemeViewSet, basename="meme")
router.register("uses-of-my-videos", UseOfMyVideosViewSet, basename="use-of-my-videos")
router.register("audit/events", EventViewSet, basename="event")

urlpatterns = [
    path("", include(router.urls)),
    # videos
    path("videos/", consent.Videos.as_view(), name="videos"),
    path("videos/<uuid:uuid>/", consent.OneVideo.as_view(), name="video"),
    path("videos/<uuid:uuid>/consent/", consent.PublicConsent.as_view(), name="consent"),
    path("checks/", consent.Checks.as_view(), name="checks"),
    # what you allow
    path("opt-out/", consent.OptOut.as_view(), name="opt_out"),
    path("edits/", edits.Edits.as_view(), name="edits"),
    path("edits/<uuid:uuid>/", edits.OneEdit.as_view(), name="edit"),
    path("edits/<uuid:uuid>/items/", edits.Items.as_view(), name="edit_items"),
    path("edits/<uuid:uuid>/confirm/", edits.ConfirmEdit.as_view(), name="edit_confirm"),
    path("edits/<uuid:uuid>/cancel/", edits.CancelEdit.as_view(), name="edit_cancel"),
    path("edits/<uuid:uuid>/undo/", edits.UndoEdit.as_view(), name="edit_undo"),
    # about the API
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", _docs, name="docs"),
]
