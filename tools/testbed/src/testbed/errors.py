"""What can go wrong with the test bed, as one small tree.

TestbedError                    one line for a person; the commands print it and end with 1
├── BinariesNotFoundError       none of the ways to the binaries worked; names each and why it failed
├── SourceError                 one of those ways did not work; the next is tried
├── AddressesRefusedError       pods' addresses cannot be put on this machine; says what it takes
└── StartError                  a component died or was not ready in time; ends with its last log lines
"""

from __future__ import annotations


class TestbedError(Exception):
    """The test bed cannot do what was asked; the message says why and what to do."""

    __test__ = False  # a name with "Test" in front, which pytest would otherwise try to collect


class BinariesNotFoundError(TestbedError):
    """None of the ways to the control plane's binaries worked."""


class SourceError(TestbedError):
    """One way to the binaries did not work."""


class AddressesRefusedError(TestbedError):
    """Pods' addresses cannot be put on this machine."""


class StartError(TestbedError):
    """A component of the control plane did not start."""
