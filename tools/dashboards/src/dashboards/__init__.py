"""Grafana dashboards and Prometheus rules of FabGitOps, as code; `generated` has what is committed."""
