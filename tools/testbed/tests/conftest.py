"""The session's control plane."""

pytest_plugins = ["testbed.pytest_plugin"]
