"""Pods without containers: a stand-in for kubelets, and what runs as the pods' programs."""

from testbed.pods.kubelet import Kubelet
from testbed.pods.programs import Paper, Servers

__all__ = ["Kubelet", "Paper", "Servers"]
