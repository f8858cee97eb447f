-- What fabctl suspend has left alone is looked after again, too.
obj.spec.suspend = false
if obj.metadata.annotations then
  obj.metadata.annotations["fabgitops.io/suspend"] = nil
end
return obj
