"""The worker sets Pillow's limit for its own short life; here it must not outlive a test."""

import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def _pillow_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
