-- Asks the operator for one pass now. It corrects what it may: autoCorrect and suspend stand.
local os = require("os")
obj.metadata.annotations = obj.metadata.annotations or {}
obj.metadata.annotations["reconcile.fabgitops.io/requestedAt"] = "argo-cd " .. os.date("!%Y-%m-%dT%H:%M:%SZ")
return obj
