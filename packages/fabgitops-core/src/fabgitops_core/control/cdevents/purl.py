"""Images of containers as package URLs (purl, https://github.com/package-url/purl-spec, type oci)."""

import re
from urllib.parse import quote

_IMAGE = re.compile(r"(?P<name>[^@]+?)(?::(?P<tag>[^:/@]+))?(?:@(?P<digest>.+))?")


def purl(image: str) -> str:
    """Return the package URL of an image: by its digest where it says one, else by its tag.

    It is as in `pkg:oci/hmi@sha256%3A…?repository_url=ghcr.io/acme/hmi&tag=1.2`. An image that says neither has the tag
    that a container runtime takes then, `latest`.

    Args:
        image: As in a container of a pod template; "" has none.
    """
    found = _IMAGE.fullmatch(image.strip())
    if found is None:
        return ""
    name, tag, digest = found["name"], found["tag"], found["digest"]
    version = f"@{quote(digest, safe='')}" if digest else ""
    where = f"repository_url={quote(name, safe='/')}" if "/" in name else ""
    which = f"tag={quote(tag or 'latest', safe='')}" if tag or not digest else ""
    qualifiers = "&".join(filter(None, (where, which)))
    last = quote(name.rpartition("/")[2].lower(), safe="")
    return f"pkg:oci/{last}{version}{'?' if qualifiers else ''}{qualifiers}"
