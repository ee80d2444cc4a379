"""Addresses of the API."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from integrations.api import views
from integrations.api.errors import nothing_here

app_name = "api"
urlpatterns = [
    path("api/schema/", views.Schema.as_view(), name="schema"),
    path("api/docs/", views.Docs.as_view(url_name="api:schema"), name="docs"),
    path("api/v1/status/", views.Status.as_view(), name="status"),
    path("api/v1/connections/", views.Connections.as_view(), name="connections"),
    path("api/v1/connections/<uuid:uuid>/", views.OneConnection.as_view(), name="connection"),
    path("api/v1/connections/<uuid:uuid>/ping/", views.Ping.as_view(), name="ping"),
    path("api/<path:rest>", login_not_required(nothing_here), name="nothing"),
]
