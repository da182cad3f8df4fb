"""The city's own App, or any App or mini program: told by a signed call what is out, what changed and what is gone.

The call names a piece and its version; the App fetches the text from the public site when it likes. One receiver of two
short handlers makes an App a channel (docs/cityapp.md); nothing here knows which App it is.
"""

from cms.contract import Channel
from renderers.cityapp.forms import FORMS, RENDITIONS, form, preview
from renderers.cityapp.post import CityAppPost
from renderers.cityapp.settings import SECRETS, AppSettings
from renderers.cityapp.standing import standing


def channel() -> Channel:
    """The entry point of the channel ``cityapp``."""
    return Channel(
        kind="cityapp",
        post=CityAppPost(),
        forms=FORMS,
        form=form,
        preview=preview,
        settings=AppSettings,
        secrets=SECRETS,
        asset_renditions=RENDITIONS,
        standing=standing,
    )
