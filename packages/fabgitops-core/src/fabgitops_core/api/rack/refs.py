"""What racks and their parts refer to: by name, in the same namespace."""

from fabgitops_core.api.meta import ApiModel, ObjectName


class RackTemplateRef(ApiModel):
    """Which RackTemplate a rack is made by."""

    name: ObjectName
    """Name of the RackTemplate, in the namespace of the Rack."""


class PartRef(ApiModel):
    """A Rack or a part of one, in the same namespace."""

    name: ObjectName
    """Its name."""


class SecretRef(ApiModel):
    """A Secret beside the resource."""

    name: ObjectName
    """Name of the Secret, in the same namespace."""
