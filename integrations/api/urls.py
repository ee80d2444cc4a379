"""Addresses of the API."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from integrations.api.errors import nothing_here
from integrations.api.views import connections, flows, integrations, plans, records, review, runs, status, trail

app_name = "api"
urlpatterns = [
    path("api/schema/", status.Schema.as_view(), name="schema"),
    path("api/docs/", status.Docs.as_view(url_name="api:schema"), name="docs"),
    path("api/v1/status/", status.Status.as_view(), name="status"),
    path("api/v1/connections/", connections.Connections.as_view(), name="connections"),
    path("api/v1/connections/<uuid:uuid>/", connections.OneConnection.as_view(), name="connection"),
    path("api/v1/connections/<uuid:uuid>/ping/", connections.Ping.as_view(), name="ping"),
    path("api/v1/integrations/", integrations.Integrations.as_view(), name="integrations"),
    path("api/v1/integrations/<uuid:uuid>/", integrations.OneIntegration.as_view(), name="integration"),
    path("api/v1/integrations/<uuid:uuid>/plan/", plans.MakePlan.as_view(), name="integration-plan"),
    path("api/v1/integrations/<uuid:uuid>/settings/", integrations.Settings.as_view(), name="settings"),
    path("api/v1/setting-changes/", integrations.Changes.as_view(), name="setting-changes"),
    path("api/v1/setting-changes/<uuid:uuid>/", integrations.OneChange.as_view(), name="setting-change"),
    path("api/v1/setting-changes/<uuid:uuid>/approve/", integrations.Approve.as_view(), name="setting-approve"),
    path("api/v1/setting-changes/<uuid:uuid>/reject/", integrations.Reject.as_view(), name="setting-reject"),
    path("api/v1/setting-changes/<uuid:uuid>/withdraw/", integrations.Withdraw.as_view(), name="setting-withdraw"),
    path("api/v1/flows/", flows.Flows.as_view(), name="flows"),
    path("api/v1/flows/<uuid:uuid>/", flows.OneFlow.as_view(), name="flow"),
    path("api/v1/flows/<uuid:uuid>/run/", flows.RunFlow.as_view(), name="flow-run"),
    path("api/v1/flows/<uuid:uuid>/pause/", flows.PauseFlow.as_view(), name="flow-pause"),
    path("api/v1/flows/<uuid:uuid>/resume/", flows.ResumeFlow.as_view(), name="flow-resume"),
    path("api/v1/flows/<uuid:uuid>/plan/", plans.PlanOfFlow.as_view(), name="flow-plan"),
    path("api/v1/flows/<uuid:uuid>/apply/", plans.ApplyOfFlow.as_view(), name="flow-apply"),
    path("api/v1/runs/", runs.Runs.as_view(), name="runs"),
    path("api/v1/runs/<uuid:uuid>/", runs.OneRun.as_view(), name="run"),
    path("api/v1/records/", records.Records.as_view(), name="records"),
    path("api/v1/records/<uuid:uuid>/", records.OneRecord.as_view(), name="record"),
    path("api/v1/review-items/", review.Reviews.as_view(), name="reviews"),
    path("api/v1/review-items/retry/", review.RetryMany.as_view(), name="reviews-retry"),
    path("api/v1/review-items/ignore/", review.IgnoreAll.as_view(), name="reviews-ignore"),
    path("api/v1/review-items/<uuid:uuid>/", review.OneReview.as_view(), name="review"),
    path("api/v1/review-items/<uuid:uuid>/retry/", review.RetryOne.as_view(), name="review-retry"),
    path("api/v1/review-items/<uuid:uuid>/resolve/", review.Resolve.as_view(), name="review-resolve"),
    path("api/v1/review-items/<uuid:uuid>/ignore/", review.Ignore.as_view(), name="review-ignore"),
    path("api/v1/review-items/<uuid:uuid>/link/", review.Link.as_view(), name="review-link"),
    path("api/v1/review-items/<uuid:uuid>/approve/", review.Approve.as_view(), name="review-approve"),
    path("api/v1/review-items/<uuid:uuid>/reject/", review.Reject.as_view(), name="review-reject"),
    path("api/v1/review-items/<uuid:uuid>/withdraw/", review.Withdraw.as_view(), name="review-withdraw"),
    path("api/v1/plans/", plans.Plans.as_view(), name="plans"),
    path("api/v1/plans/<uuid:uuid>/", plans.OnePlan.as_view(), name="plan"),
    path("api/v1/plans/<uuid:uuid>/apply/", plans.ApplyPlan.as_view(), name="plan-apply"),
    path("api/v1/plans/<uuid:uuid>/lines/", plans.Lines.as_view(), name="plan-lines"),
    path("api/v1/audit/", trail.Audit.as_view(), name="audit"),
    path("api/v1/audit/verify/", trail.Verify.as_view(), name="audit-verify"),
    path("api/<path:rest>", login_not_required(nothing_here), name="nothing"),
]
