-- Which words Argo CD offers for a rollout. Each names what it is about, so that one that comes too late is for nothing.
local status = obj.status or {}
local annotations = obj.metadata.annotations or {}
local key = "rollout.fabgitops.io/"
local phase, revision = status.phase, status.revision or ""
local wave = string.format("%d", status.wave or 0)

-- What was heard is not carried out once more: fabctl takes such a word away first, and says it anew.
local heard = {}
for _, word in ipairs(status.heard or {}) do
  heard[word] = true
end
local function new(verb, value)
  return revision ~= "" and not heard[verb .. " " .. value]
end

local underWay = { Planning = true, Releasing = true, Baking = true, Analysing = true, Paused = true }
local waits = phase == "Paused" and status.pausedBy ~= "Asked" and wave ~= "0"
local paused = annotations[key .. "pause"] ~= nil
return {
  pause = { disabled = paused },
  resume = { disabled = not paused },
  promote = { disabled = not (waits and new("promote", revision .. "/" .. wave)) },
  abort = { disabled = not (underWay[phase] and new("abort", revision)) },
}
