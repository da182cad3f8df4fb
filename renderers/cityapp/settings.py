"""What an operator sets of one App."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from cms.contract import Target

SECRETS: Final = ("signing_secret", "old_signing_secret")
"""The second signs beside the first while the App's makers change theirs."""


class AppSettings(BaseModel):
    """`Target.settings` of a target of kind ``cityapp``; field by field the form on the desk."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field("", max_length=500, pattern=r"^(https?://[^\s?#]+)?$")
    pushes_a_minute: int = Field(30, ge=1, le=600)
    questions_a_minute: int = Field(60, ge=1, le=600)


def settings_of(target: Target) -> AppSettings:
    """Raises pydantic's ValidationError for what the desk would not have taken."""
    return AppSettings.model_validate(dict(target.settings))
