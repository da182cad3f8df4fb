"""The fleet's pages as a section of the desk."""

from cms.desk.frame import Section


def sections() -> tuple[Section, ...]:
    """What `deploy.web` registers."""
    return ()
