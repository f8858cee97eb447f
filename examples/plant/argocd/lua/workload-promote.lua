-- Goes past what it waits for now, and no further.
local status = obj.status
local step = string.format("%d", status.currentStepIndex or 0)
if obj.spec.strategy.blueGreen ~= nil then
  local active = (status.blueGreen or {}).activeSelector
  step = active == status.currentPodHash and "active" or "preview"
end
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["rollout.fabgitops.io/promote"] = status.currentPodHash .. "/" .. step
return obj
