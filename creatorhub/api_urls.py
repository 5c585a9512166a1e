"""The API, version 1, grouped by resource."""

from csp.decorators import csp_update
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

from audit.api import EventViewSet
from audit.public import LogViewSet
from consent.api.checks import CheckViewSet
from consent.api.edits import EditViewSet
from consent.api.opt_out import OptOutViewSet
from consent.api.state import ConsentStateViewSet
from consent.api.videos import VideoViewSet
from remixer.api.memes import MemeViewSet
from remixer.api.templates import TemplateViewSet
from remixer.api.uses import UseOfMyVideosViewSet

app_name = "api"

# Swagger UI writes style elements and draws its icons from data: addresses; scripts stay ours.
_docs = csp_update({"style-src": ["'unsafe-inline'"]})(
    SpectacularSwaggerSplitView.as_view(url_name="api:schema")
)
# One for each creator, so without an id; a router knows collections only.
_opt_out = OptOutViewSet.as_view({"get": "retrieve", "put": "update"})
_consent_state = ConsentStateViewSet.as_view({"get": "retrieve"})

router = SimpleRouter(use_regex_path=False)
router.register("videos", VideoViewSet, basename="video")
router.register("checks", CheckViewSet, basename="check")
router.register("edits", EditViewSet, basename="edit")
router.register("templates", TemplateViewSet, basename="template")
router.register("memes", MemeViewSet, basename="meme")
router.register("uses-of-my-videos", UseOfMyVideosViewSet, basename="use-of-my-videos")
router.register("audit/events", EventViewSet, basename="event")

urlpatterns = [
    path("", include(router.urls)),
    path("opt-out/", _opt_out, name="opt-out"),
    path("consent-state/", _consent_state, name="consent-state"),
    # the log for everybody: C2SP tlog-tiles, which has no slashes at the end
    path("audit/checkpoint", LogViewSet.as_view({"get": "checkpoint"}), name="log-checkpoint"),
    path("audit/key", LogViewSet.as_view({"get": "key"}), name="log-key"),
    path("audit/consistency", LogViewSet.as_view({"get": "consistency"}), name="log-consistency"),
    path("audit/tile/<path:tile>", LogViewSet.as_view({"get": "tile"}), name="log-tile"),
    # about the API
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", _docs, name="docs"),
]
