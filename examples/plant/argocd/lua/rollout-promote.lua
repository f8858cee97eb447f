-- Ends the wait behind the wave that is under way.
local wave = string.format("%d", obj.status.wave)
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["rollout.fabgitops.io/promote"] = obj.status.revision .. "/" .. wave
return obj
