"""What objects can be called here."""

import re

NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
"""A DNS label (RFC 1123, section 2.1)."""

RULE = "at most 63 of a-z, 0-9 and -, a letter or digit at either end"
