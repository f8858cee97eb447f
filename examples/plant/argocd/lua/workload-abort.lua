-- Gives the version up: all requests and pods go back to the one before.
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["rollout.fabgitops.io/abort"] = obj.status.currentPodHash
return obj
