"""The annotations of an IndustrialPLC by which people say something that Git does not: nobody has to type one."""

SUSPEND = "fabgitops.io/suspend"
"""While it is there the device is left alone; its value says why."""
APPROVE = "fabgitops.io/approve"
"""The digest of the plan that somebody agrees to."""
APPROVED_BY = "fabgitops.io/approved-by"
"""Who agrees to it, by the name that the API server gives them."""
