"""Manifests of Argo Rollouts (argoproj.io/v1alpha1) as models of this house; what is not done is refused by name."""
