-- Which actions Argo CD offers: resume for what is suspended, suspend and sync for what is not.
local suspended = obj.spec.suspend == true
return {
  suspend = { disabled = suspended },
  resume = { disabled = not suspended },
  sync = { disabled = suspended },
}
