-- Which words Argo CD offers for a Rollout. Each names the revision, so that one that comes too late is for nothing.
local status = obj.status or {}
local annotations = obj.metadata.annotations or {}
local current, stable = status.currentPodHash or "", status.stableRS or ""
local underWay = stable ~= "" and stable ~= current

-- What was heard is not carried out once more: fabctl takes such a word away first, and says it anew.
local heard = {}
for _, word in ipairs(status.heard or {}) do
  heard[word] = true
end

local step = string.format("%d", status.currentStepIndex or 0)
if obj.spec.strategy.blueGreen ~= nil then
  local active = (status.blueGreen or {}).activeSelector
  step = active == current and "active" or "preview"
end
local waits = #(status.pauseConditions or {}) > 0 and not status.abort
local promote = "promote=" .. current .. "/" .. step
for _, pause in ipairs(status.pauseConditions or {}) do
  -- As workload-promote.lua says it: another wait at the same step hears its own word.
  promote = "promote=" .. current .. "/" .. step .. "/" .. pause.startTime
end
local retry = "retry=" .. current .. "/" .. (status.abortedAt or "")
local paused = annotations["rollout.fabgitops.io/pause"] ~= nil
return {
  pause = { disabled = paused },
  resume = { disabled = not paused },
  promote = { disabled = not (underWay and waits) or heard[promote] == true },
  abort = { disabled = not underWay or status.abort == true or heard["abort=" .. current] == true },
  retry = { disabled = status.abort ~= true or heard[retry] == true },
}
