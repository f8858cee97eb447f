-- How Argo CD sees an IndustrialPLC, or a template. Ready and Stalled decide; of the reasons only those count that neither tells apart.
local ready, stalled
local status = obj.status or {}
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Ready" then ready = condition end
  if condition.type == "Stalled" then stalled = condition end
end

if ready == nil or status.observedGeneration ~= obj.metadata.generation then
  return { status = "Progressing", message = "the operator has not looked at this version yet" }
end
if ready.reason == "Suspended" then
  return { status = "Suspended", message = ready.message }
end
if ready.status == "True" then
  return { status = "Healthy", message = ready.message }
end

-- The operator goes on trying, but somebody should know.
local troubles = { ConnectionFailed = true, WriteRefused = true, VerificationFailed = true }
if troubles[ready.reason] or (stalled ~= nil and stalled.status == "True") then
  return { status = "Degraded", message = ready.message }
end
return { status = "Progressing", message = ready.message }
