-- Begins what was given up once more, from its first step.
local status = obj.status
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["rollout.fabgitops.io/retry"] = status.currentPodHash .. "/" .. status.abortedAt
-- Words of the attempt before count no more: it could not be given up again while they stand there.
obj.metadata.annotations["rollout.fabgitops.io/abort"] = nil
obj.metadata.annotations["rollout.fabgitops.io/promote"] = nil
return obj
