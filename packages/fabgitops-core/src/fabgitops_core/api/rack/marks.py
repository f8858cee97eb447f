"""The labels and annotations of racks and of what they are made of."""

from fabgitops_core.api.meta import GROUP

RACK = f"{GROUP}/rack"
"""Label of every part: the name of its Rack, in the same namespace."""

CHASSIS = f"{GROUP}/chassis"
"""Label: the name of the Chassis that a part stands in; on blades and what is in them."""

BLADE = f"{GROUP}/blade"
"""Label: the name of the Blade that a part stands in; on BMCs, nodes and their PLCs."""

BMC = f"{GROUP}/bmc"
"""Label of a RackNode: the name of the BMC that manages it."""

TEMPLATE = f"{GROUP}/template"
"""Label of every part: the name of the RackTemplate that its Rack is made by."""

BY_RACK = f"{GROUP}/by-rack"
"""Annotation of a part: which fields of its spec its Rack says, beyond those of every part of its kind."""

APPROVE = f"{GROUP}/approve"
"""Annotation of a Rack: the `status.template.planHash` whose removals somebody agrees to."""

CONFIRM_DELETE = f"{GROUP}/confirm-delete"
"""Annotation of a Rack in use: its name, from who deletes it all the same."""

ADOPT = f"{GROUP}/adopt"
"""Annotation of an object that nobody owns: "true" gives it to the Rack that has a place of its name."""

LOCATE = f"{GROUP}/locate"
"""Annotation of a BMC: "on" or "off" for the light by which it is found."""
