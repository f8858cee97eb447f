-- Goes past what it waits for now, and no further.
local status = obj.status
local step = string.format("%d", status.currentStepIndex or 0)
if obj.spec.strategy.blueGreen ~= nil then
  local active = (status.blueGreen or {}).activeSelector
  step = active == status.currentPodHash and "active" or "preview"
end
local word = status.currentPodHash .. "/" .. step
for _, pause in ipairs(status.pauseConditions or {}) do
  -- For this wait alone: another one at the same step is promoted by another word.
  word = status.currentPodHash .. "/" .. step .. "/" .. pause.startTime
end
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["rollout.fabgitops.io/promote"] = word
return obj
