"""What all tests across packages share: a real API server."""

pytest_plugins = ["testbed.pytest_plugin"]
