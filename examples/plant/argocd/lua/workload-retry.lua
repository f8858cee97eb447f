-- Begins what was given up once more, from its first step.
local status = obj.status
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["rollout.fabgitops.io/retry"] = status.currentPodHash .. "/" .. status.abortedAt
return obj
