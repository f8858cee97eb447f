"""A twin of a plant: every device that the plant's manifests name, on this machine, with their maps, types and values.

Manifests are found (`sources`), read as kubectl reads them (`scalars`, `documents`), told apart (`manifests`), resolved
with their templates (`resolving`), made into devices (`plant`) with values to begin with (`beginning`), and served
(`run`), with a file beside them that says who is where (`device_map`). All but the first and the last two do no I/O.
"""
