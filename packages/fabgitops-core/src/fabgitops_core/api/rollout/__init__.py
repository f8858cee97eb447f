"""Rollout: how a workload goes from one version to the next; names are those of Argo Rollouts where it has them."""
