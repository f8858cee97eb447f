-- How Argo CD sees a SetpointRollout, or a Rollout. PLCs that one holds are Healthy: they hold what they must now.
local found = {}
local status = obj.status or {}
for _, condition in ipairs(status.conditions or {}) do
  found[condition.type] = condition
end

local ready = found.Ready
if ready == nil or status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "the operator has not looked at this version yet" }
end
local function holds(name)
  return found[name] ~= nil and found[name].status == "True"
end
if holds("Stalled") then
  return { status = "Degraded", message = ready.message }
end
if holds("Paused") then
  return { status = "Suspended", message = ready.message }
end
if ready.status == "True" then
  return { status = "Healthy", message = ready.message }
end
return { status = "Progressing", message = ready.message }
