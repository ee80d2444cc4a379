"""Password rules beside Django's own."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError


class MaximumLength:
    """At most 128 characters: a megabyte would keep scrypt busy. Blanks count and are kept."""

    limit = 128

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        if len(password) > self.limit:
            raise ValidationError(f"Use at most {self.limit} characters.", code="password_too_long")

    def get_help_text(self) -> str:
        return f"At most {self.limit} characters."
