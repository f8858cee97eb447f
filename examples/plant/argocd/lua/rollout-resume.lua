-- What somebody paused by a word goes on; what Git pauses does not.
if obj.metadata.annotations then
  obj.metadata.annotations["rollout.fabgitops.io/pause"] = nil
end
return obj
