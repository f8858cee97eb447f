"""A real Kubernetes control plane on loopback, for tests and the demo."""

from testbed.access import Access
from testbed.errors import TestbedError
from testbed.plane import ControlPlane, control_plane
from testbed.protocol import WORKLOADS

__all__ = ["WORKLOADS", "Access", "ControlPlane", "TestbedError", "control_plane"]
