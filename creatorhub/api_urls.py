"""The API, version 1, grouped by resource."""

from csp.decorators import csp_update
from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from audit import api as audit
from consent.api.checks import CheckViewSet
from consent.api.edits import EditViewSet
from consent.api.opt_out import OptOutViewSet
from consent.api.videos import VideoViewSet
from remixer import api as remixer

app_name = "api"

# Swagger UI writes style elements and draws its icons from data: addresses; scripts stay ours.
_docs = csp_update({"style-src": ["'unsafe-inline'"]})(
    SpectacularSwaggerSplitView.as_view(url_name="api:schema")
)

router = SimpleRouter(use_regex_path=False)
router.register("videos", VideoViewSet, basename="video")
router.register("checks", CheckViewSet, basename="check")
router.register("edits", EditViewSet, basename="edit")

urlpatterns = [
    *router.urls,
    # what you allow: one for each creator, so without an id
    path(
        "opt-out/",
        OptOutViewSet.as_view({"get": "retrieve", "put": "update"}),
        name="opt-out",
    ),
    # memes
    path("memes/", remixer.Memes.as_view(), name="memes"),
    path("renders/", remixer.Renders.as_view(), name="renders"),
    path("renders/<uuid:uuid>/", remixer.OneRender.as_view(), name="render"),
    path("renders/<uuid:uuid>/file/", remixer.RenderFile.as_view(), name="render_file"),
    path("renders/<uuid:uuid>/cancel/", remixer.CancelRender.as_view(), name="render_cancel"),
    path("uses-of-my-videos/", remixer.UsesOfMyVideos.as_view(), name="uses_of_mine"),
    # the log
    path("audit/events/", audit.Events.as_view(), name="events"),
    # about the API
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", _docs, name="docs"),
]
