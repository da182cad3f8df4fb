"""Fixtures of every test: databases, a browser, and the guards."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.guards", "tests.postgres", "tests.schema", "tests.chromium"]

# No deadline: two cores are shared by the tests, a browser and servers, so one example's time says nothing.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("house")
