"""Addresses of people's pages; sign-in itself is allauth's."""

from django.urls import path

from tenants.web import views

app_name = "tenants"
urlpatterns = [
    path("tenants/", views.choose, name="choose"),
    path("settings/members/", views.member_list, name="members"),
    path("settings/members/invite/", views.invite, name="invite"),
    path("settings/members/<int:pk>/take-role/", views.take_role, name="take_role"),
    path("settings/invitations/<int:pk>/approve/", views.approve_invitation, name="approve_invitation"),
    path("settings/invitations/<int:pk>/revoke/", views.revoke_invitation, name="revoke_invitation"),
    path("invitations/<str:token>/", views.invitation, name="invitation"),
]
