"""The API, version 1, grouped by resource."""

from csp.decorators import csp_update
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from audit.api import EventViewSet
from consent.api import edits
from consent.api import videos as consent
from remixer import api as remixer

app_name = "api"

# Swagger UI writes style elements and draws its icons from data: addresses; scripts stay ours.
_docs = csp_update({"style-src": ["'unsafe-inline'"]})(
    SpectacularSwaggerSplitView.as_view(url_name="api:schema")
)

router = SimpleRouter()
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
    # memes
    path("memes/", remixer.Memes.as_view(), name="memes"),
    path("renders/", remixer.Renders.as_view(), name="renders"),
    path("renders/<uuid:uuid>/", remixer.OneRender.as_view(), name="render"),
    path("renders/<uuid:uuid>/file/", remixer.RenderFile.as_view(), name="render_file"),
    path("renders/<uuid:uuid>/cancel/", remixer.CancelRender.as_view(), name="render_cancel"),
    path("uses-of-my-videos/", remixer.UsesOfMyVideos.as_view(), name="uses_of_mine"),
    # about the API
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", _docs, name="docs"),
]
