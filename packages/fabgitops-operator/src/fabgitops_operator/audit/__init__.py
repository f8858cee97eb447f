"""A record of every write to a device: lines of JSON, each sealed with what stood before it."""
