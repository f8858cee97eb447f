"""Workloads, revision by revision: decisions."""
