"""The manifests that matter to a twin, told apart: PLCs, and the templates that they name.

A twin judges nothing that it does not need: what else a manifest may say, and whether it may say it, is decided by the
API server and the operator.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationError
from pydantic.alias_generators import to_camel

from mock_plc.memory import Value
from mock_plc.spec.mistakes import mistake
from mock_plc.twin.documents import GROUP, Document, ManifestError, wrong

PLC, TEMPLATE = "IndustrialPLC", "IndustrialPLCTemplate"

_Spec = TypeVar("_Spec", bound=BaseModel)

Loose = dict[str, Any]
"""Fields that are looked at when their placeholders are filled in."""


class Fragment(BaseModel):
    """A part of a manifest, of which only what the twin needs is looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


def _parameter(given: object) -> Value | None:
    if given is not None and not isinstance(given, bool | int | float | str):
        raise ValueError("must be a number, a text, true or false")
    return given


_Parameter = Annotated[Value | None, PlainValidator(_parameter)]
_Word = Annotated[int, Field(strict=True, ge=0, le=65535)]
_UnitId = Annotated[int, Field(strict=True, ge=0, le=255)]


class TemplateRef(Fragment):
    """Which template a map comes from, and what its parameters are."""

    name: Annotated[str, Field(strict=True, min_length=1)]
    parameters: dict[str, _Parameter] = {}


class PlcSpec(Fragment):
    """What an IndustrialPLC says of its device."""

    device_address: Annotated[str, Field(strict=True, min_length=1)]
    port: Annotated[int, Field(strict=True, ge=1, le=65535)] = 502
    unit_id: _UnitId = 1
    target_register: _Word | None = None
    target_value: _Word | None = None
    registers: tuple[Loose, ...] | None = None
    template_ref: TemplateRef | None = None
    connection: Loose = {}
    identity: Loose = {}


class Parameter(Fragment):
    """What differs from one device of a type to the next."""

    name: Annotated[str, Field(strict=True)]
    default: _Parameter = None


class TemplateSpec(Fragment):
    """What an IndustrialPLCTemplate says of a type of device."""

    parameters: tuple[Parameter, ...] = ()
    registers: tuple[Loose, ...]
    connection: Loose = {}
    identity: Loose = {}


@dataclass(frozen=True, slots=True)
class Name:
    """What a manifest is called; of two with one name only the last would count."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Plc:
    """An IndustrialPLC."""

    name: Name
    spec: PlcSpec
    document: Document


@dataclass(frozen=True, slots=True)
class Template:
    """An IndustrialPLCTemplate."""

    name: Name
    spec: TemplateSpec
    document: Document


@dataclass(frozen=True, slots=True)
class Manifests:
    """All that was given."""

    plcs: Mapping[Name, Plc]
    templates: Mapping[Name, Template]


def sorted_out(found: Iterable[Document], namespace: str) -> Manifests:
    """Return the PLCs and templates among objects; `namespace` is that of those that name none.

    Raises:
        ManifestError: One is not what it should be, or is there twice; all mistakes are told.
    """
    plcs: dict[Name, Plc] = {}
    templates: dict[Name, Template] = {}
    lines: list[str] = []
    for document in found:
        kind = document.data.get("kind")
        if str(document.data.get("apiVersion")).partition("/")[0] != GROUP or kind not in (PLC, TEMPLATE):
            continue
        try:
            name = _name(document, namespace)
            if kind == PLC:
                _only(plcs, name, document)
                plcs[name] = Plc(name, _valid(PlcSpec, document), document)
            else:
                _only(templates, name, document)
                templates[name] = Template(name, _valid(TemplateSpec, document), document)
        except ManifestError as error:
            lines += error.lines
    if lines:
        raise ManifestError(lines)
    return Manifests(plcs, templates)


def _name(document: Document, namespace: str) -> Name:
    metadata = document.data.get("metadata")
    named = metadata if isinstance(metadata, dict) else {}
    name = named.get("name")
    if not isinstance(name, str) or not name:
        raise wrong(document.where(("metadata",)), "the object has no name: give it one")
    return Name(str(named.get("namespace") or namespace), name)


def _only(there: Mapping[Name, Plc | Template], name: Name, document: Document) -> None:
    if name in there:
        first = there[name].document.where()
        raise wrong(document.where(), f"it stands in {first} already: give only one of them (-f)")


def _valid(model: type[_Spec], document: Document) -> _Spec:
    spec = without_nulls(document.data.get("spec") or {})
    try:
        return model.model_validate(spec)
    except ValidationError as error:
        raise ManifestError(list(_told(error, document))) from None


def _told(error: ValidationError, document: Document) -> Iterator[str]:
    for each in error.errors(include_url=False):
        place, said = mistake(each)
        yield f"{document.where(('spec', *place))}: {said}{_hint(place, document)}"


def _hint(place: tuple[str | int, ...], document: Document) -> str:
    """Return what is likely where a manifest lacks what each has: it is a patch of a kustomization."""
    if place in (("deviceAddress",), ("registers",)):
        return patch_hint(document)
    return ""


def patch_hint(document: Document) -> str:
    """Return what to do with a manifest that only changes another one."""
    if not document.text.lined:
        return ""
    return "; if this is a patch, give the folder of its kustomization (-f), which is built then"


def without_nulls(given: Any) -> Any:
    """Return a value without the fields that are null: they are as good as not given."""
    if isinstance(given, dict):
        return {key: without_nulls(value) for key, value in given.items() if value is not None}
    return [without_nulls(each) for each in given] if isinstance(given, list) else given
