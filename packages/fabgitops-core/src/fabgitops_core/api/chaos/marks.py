"""Labels and finalizer by which experiments are allowed, kept away, and held until they are over."""

from fabgitops_core.api.meta import GROUP

CHAOS = f"{GROUP}/chaos"
"""Label of a namespace, or of a real PLC, that opts in (`allowed`), and of what is never touched (`protected`).

It is the name of the finalizer as well: an experiment is held by it from before its first injection until after its
last has ended.
"""

SCHEDULE = f"{GROUP}/chaos-schedule"
"""Label of an experiment that a schedule has made: its name."""

ALLOWED = "allowed"
PROTECTED = "protected"
