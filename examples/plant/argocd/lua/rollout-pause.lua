-- It goes no further, until somebody resumes it.
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["rollout.fabgitops.io/pause"] = "by Argo CD"
return obj
