"""The ways from one version to the next: canary, blue-green, A/B, and what ends them."""
