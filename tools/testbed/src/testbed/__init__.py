"""A real Kubernetes control plane on loopback, for tests and the demo."""

from testbed.access import Access
from testbed.errors import TestbedError
from testbed.plane import ControlPlane, control_plane

__all__ = ["Access", "ControlPlane", "TestbedError", "control_plane"]
