"""The shared server of acceptance tests, for feature tests too."""

from tests.acceptance.conftest import client, server, serving

__all__ = ["client", "server", "serving"]
