"""Addresses of the pages."""

from django.urls import path

from integrations.web import connections, dashboard, flows, integrations, mappings, records, review, runs, trail, you

app_name = "web"
urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("look/", dashboard.theme, name="theme"),
    path("connections/", connections.connections, name="connections"),
    path("connections/add/", connections.choose, name="connection-choose"),
    path("connections/add/<slug:key>/", connections.add, name="connection-add"),
    path("connections/<uuid:uuid>/", connections.connection, name="connection"),
    path("connections/<uuid:uuid>/edit/", connections.edit, name="connection-edit"),
    path("connections/<uuid:uuid>/ping/", connections.ping, name="connection-ping"),
    path("connections/<uuid:uuid>/delete/", connections.delete, name="connection-delete"),
    path("integrations/", integrations.integrations, name="integrations"),
    path("integrations/add/", integrations.add, name="integration-add"),
    path("integrations/<uuid:uuid>/", integrations.integration, name="integration"),
    path("flows/<uuid:uuid>/", flows.flow, name="flow"),
    path("flows/<uuid:uuid>/schedule/", flows.schedule, name="schedule"),
    path("runs/", runs.runs, name="runs"),
    path("runs/<uuid:uuid>/", runs.run, name="run"),
    path("records/", records.records, name="records"),
    path("records.csv", records.export, name="records-csv"),
    path("records/<uuid:uuid>/", records.record, name="record"),
    path("review/", review.review, name="review"),
    path("review/retry/", review.retry, name="review-retry"),
    path("mappings/", mappings.mappings, name="mappings"),
    path("audit/", trail.audit, name="audit"),
    path("settings/", you.settings, name="settings"),
]
