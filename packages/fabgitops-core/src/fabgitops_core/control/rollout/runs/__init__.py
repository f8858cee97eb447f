"""Analyses of Rollouts of Argo Rollouts as AnalysisRuns, which their tools read."""
