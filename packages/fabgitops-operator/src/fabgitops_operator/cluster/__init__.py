"""The runtime on Kubernetes: `kube` lists and writes (lightkube), `watch` hears (kopf), `lease` fences."""
