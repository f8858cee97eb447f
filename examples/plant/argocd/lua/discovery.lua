-- Which actions Argo CD offers: resume for what is suspended, suspend and sync for what is not.
local annotations = obj.metadata.annotations or {}
local suspended = obj.spec.suspend == true or annotations["fabgitops.io/suspend"] ~= nil
return {
  suspend = { disabled = suspended },
  resume = { disabled = not suspended },
  sync = { disabled = suspended },
}
