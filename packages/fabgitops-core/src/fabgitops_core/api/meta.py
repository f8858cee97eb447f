"""What every kind has in common: the API group, the names of objects, the annotations, the base of the models."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

GROUP = "fabgitops.io"
VERSION = "v1"
API_VERSION = f"{GROUP}/{VERSION}"

REQUESTED_AT = f"reconcile.{GROUP}/requestedAt"
"""Annotation: any new value asks for one pass now; it is echoed in `status.lastHandledReconcileAt`."""

FORCE_AT = f"reconcile.{GROUP}/forceAt"
"""Annotation: when equal to `requestedAt`, that pass also corrects once and tries an open circuit."""

SUSPEND = f"{GROUP}/suspend"
"""Annotation of a PLC: while it is there the device is left alone as by `spec.suspend`; its value says why."""

APPROVE = f"{GROUP}/approve"
"""Annotation: somebody agrees to the plan of this digest, and to no other."""

APPROVED_BY = f"{GROUP}/approved-by"
"""Annotation: who that is; the admission policy lets nobody give another's name."""

NOTHING: Mapping[str, str] = MappingProxyType({})
"""What says nothing, kept once for all who have nothing to say."""

ObjectName = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
"""Name of an object beside the resource, in its namespace (RFC 1123, as Kubernetes checks names)."""


class Key(NamedTuple):
    """The full name of an object; its namespace is "" where it is the cluster's."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Return `namespace/name`, or the name alone of what is in none."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


_WERE_SET: dict[frozenset[str], set[str]] = {}


class ApiModel(BaseModel):
    """Base of everything that is read from or written to the API: immutable, camelCase outside, snake_case inside."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        frozen=True,
        extra="ignore",
        use_attribute_docstrings=True,
    )

    def model_post_init(self, context: Any, /) -> None:
        """Tell which fields were set by one set for all that have the same."""
        del context
        self._share()

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy, which shares the set of the fields that were set, too."""
        copied = super().model_copy(update=update, deep=deep)
        copied._share()  # noqa: SLF001 - its own class
        return copied

    def _share(self) -> None:
        """Have one set for all models with the same fields set; a set of its own takes as much as most fields do."""
        were_set = self.__pydantic_fields_set__
        object.__setattr__(self, "__pydantic_fields_set__", _WERE_SET.setdefault(frozenset(were_set), were_set))


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("it is no moment of the years 1 to 9999 in UTC") from None


def rfc3339(moment: datetime) -> str:
    """Return a moment as `metav1.Time` writes it: in UTC, with whole seconds."""
    return f"{_in_utc(moment).replace(microsecond=0, tzinfo=None).isoformat()}Z"  # strftime writes year 1 as 1


Time = Annotated[datetime, AfterValidator(_in_utc), PlainSerializer(rfc3339, return_type=str)]
"""A moment, written as RFC 3339 in UTC with whole seconds, as `metav1.Time` is; one without a zone is UTC."""
