"""Forms of sign-up and members."""

from typing import Any
from zoneinfo import available_timezones

from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.core import context as allauth_context
from django import forms
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from tenants.members import invitation_for
from tenants.models import Invitation, Role, User
from tenants.signup import FIRST_PERSON, make_tenant

INVITED_KEY = "invitation"  # session key: the link a person came by, kept over sign-up and sign-in


class SignupForm(AllauthSignupForm):  # type: ignore[misc]
    """A person and, unless invited, the organisation the person works for."""

    organisation = forms.CharField(
        label="Organisation",
        max_length=150,
        help_text="Your company, or the group whose payables you look after.",
    )
    time_zone = forms.ChoiceField(label="Time zone", required=False)
    field_order = ("organisation", "email", "password1", "time_zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
        self.fields["time_zone"].choices = [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in zones)]
        self.initial.setdefault("time_zone", "UTC")
        self.invited = self._invited()
        if self.invited is not None:
            # The organisation is there already; the address is the invited one.
            del self.fields["organisation"], self.fields["time_zone"]
            self.initial["email"] = self.invited.email

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if self.invited is not None and email != self.invited.email:
            raise forms.ValidationError("Use the address the invitation was sent to.", code="other_address")
        return email

    def try_save(self, request: HttpRequest) -> Any:
        """(user, response); one transaction for user and tenant."""
        if self.account_already_exists:
            # As long as for a new account, so that the answer's time says nothing either.
            make_password(self.cleaned_data["password1"])
        with transaction.atomic():
            return super().try_save(request)

    def custom_signup(self, request: HttpRequest, user: User) -> None:
        super().custom_signup(request, user)
        if self.invited is None:
            zone = self.cleaned_data["time_zone"] or "UTC"
            make_tenant(user, self.cleaned_data["organisation"], zone, FIRST_PERSON)

    def _invited(self) -> Invitation | None:
        token = allauth_context.request.session.get(INVITED_KEY)
        found = invitation_for(token, timezone.now()) if token else None
        return found[1] if found else None


class InvitationForm(forms.Form):
    """An address and a role."""

    email = forms.EmailField(label="E-mail address")
    role = forms.ChoiceField(
        label="Role",
        choices=Role.choices,
        help_text="Integrators and clerks propose, controllers approve, auditors read.",
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()
