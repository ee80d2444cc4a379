"""What is connected and configured, to look at; it is changed on its own pages."""

from django.contrib import admin

from integrations.admin.looking import LookOnly
from integrations.models import ApiKey, CheckSwitch, Connection, ConnectionChange, Flow, Integration, SettingChange
from integrations.web.tags import carried
from tenants.adminsite import moment, site


@admin.register(Connection, site=site)
class ConnectionAdmin(LookOnly):
    """Connections without their secrets."""

    about = "Connections to other systems, without their secrets."
    route = "web:connection"
    list_display = ("name", "system", "environment", "status", "checked", "page")
    list_filter = ("environment", "status")
    search_fields = ("name__icontains",)
    search_help_text = "Part of the name"
    checked = moment("status_at", "Since")


@admin.register(ConnectionChange, site=site)
class ConnectionChangeAdmin(LookOnly):
    """The history of where connections lead."""

    about = "Every change of a connection's host, company or API profile: proposed, approved, rejected, withdrawn."
    route = "web:connection"
    uuid_of = ("connection", "uuid")
    list_display = ("__str__", "connection", "status", "made_by", "made", "checked_by", "reason", "page")
    list_filter = ("status",)
    list_select_related = ("connection", "made_by", "checked_by")
    made = moment("made_at", "Proposed")


@admin.register(Integration, site=site)
class IntegrationAdmin(LookOnly):
    """Which connections are joined, for which company."""

    about = "Which connections are joined, for which company."
    route = "web:integration"
    list_display = ("name", "erp", "ap", "company", "start_date", "active", "policy_version", "page")
    list_select_related = ("erp", "ap")
    search_fields = ("name__icontains", "company")
    search_help_text = "Part of the name, or the company"


@admin.register(Flow, site=site)
class FlowAdmin(LookOnly):
    """What moves, and when."""

    about = "What moves between two connections, and when."
    route = "web:integration"
    uuid_of = ("integration", "uuid")
    list_display = ("what", "integration", "enabled", "schedule", "complete", "page")
    list_filter = ("enabled", "inbound", "integration")
    list_select_related = ("integration",)
    complete = moment("first_complete_at", "First complete")

    @admin.display(description="Flow")
    def what(self, obj: Flow) -> str:
        return f"{carried(obj).capitalize()} {'into' if obj.inbound else 'out of'} the ERP"


@admin.register(SettingChange, site=site)
class SettingChangeAdmin(LookOnly):
    """The history of settings."""

    about = "Every change of a setting: proposed, approved, rejected, withdrawn."
    route = "web:integration-settings"
    uuid_of = ("integration", "uuid")
    list_display = ("name", "old", "new", "status", "effective_from", "integration", "made_by", "checked_by", "page")
    list_filter = ("status", "integration")
    list_select_related = ("integration", "made_by", "checked_by")
    search_fields = ("name__icontains", "reason__icontains")
    search_help_text = "Part of the setting's name or of the reason"


@admin.register(CheckSwitch, site=site)
class CheckSwitchAdmin(LookOnly):
    """The second person, off and on."""

    about = "Every switching of the second person, off or on again."
    list_display = ("__str__", "status", "made_by", "made", "checked_by", "reason")
    list_filter = ("status", "off")
    list_select_related = ("made_by", "checked_by")
    made = moment("made_at", "Proposed")


@admin.register(ApiKey, site=site)
class ApiKeyAdmin(LookOnly):
    """Programs' ways in, without what would open them."""

    about = "Keys of programs, without the key itself."
    list_display = ("name", "prefix", "scopes", "made_by", "made", "checked_by", "ended", "used")
    list_select_related = ("made_by", "checked_by")
    search_fields = ("name__icontains",)
    search_help_text = "Part of the name"
    made, ended, used = moment("made_at", "Made"), moment("revoked_at", "Revoked"), moment("last_used_at", "Last used")
