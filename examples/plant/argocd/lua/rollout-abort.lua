-- Gives the change up: what was released is put back, the last first.
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["rollout.fabgitops.io/abort"] = obj.status.revision
return obj
