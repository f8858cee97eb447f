"""From a valid spec to the map of registers that it means."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from fabgitops_core.api.plc.connection import Transport
from fabgitops_core.api.plc.industrialplc import TARGET, IndustrialPLCSpec
from fabgitops_core.api.plc.registers import Register, Span
from fabgitops_core.codec.codec import bits_of
from fabgitops_core.codec.numbers import exactly
from fabgitops_core.codec.types import ByteOrder
from fabgitops_core.control.plc.beside import around
from fabgitops_core.control.plc.points import ANY, APART, DeviceMap, Extent, Groups, Limits, Place, Point, Slope
from fabgitops_core.control.plc.requests import DeviceId, Endpoint, Link, TlsRef
from fabgitops_core.control.plc.sharing import shared


def map_of(spec: IndustrialPLCSpec, namespace: str, sources: Mapping[str, str]) -> DeviceMap:
    """Return the map of a spec that has no templateRef any more.

    Args:
        spec: What is declared.
        namespace: Where the resource lives, and with it the Secret that its connection names.
        sources: Where each register was declared, by name.
    """
    connection = spec.connection
    endpoint = Endpoint(spec.device_address, spec.port, connection.transport)
    points = tuple(
        _point(each, at, endpoint, spec, namespace, sources) for at, each in enumerate(spec.registers_wanted)
    )
    return DeviceMap(
        endpoint,
        spec.unit_id,
        points,
        timeout=spec.timeout,
        interval=float(spec.poll_interval_secs),
        link=shared(
            Link(
                connection.connect_delay_ms / 1000,
                connection.request_delay_ms / 1000,
                float(connection.idle_close_secs),
                _tls(spec, namespace),
                frozenset(connection.ignore),
                connection.echo,
            )
        ),
        limits=shared(Limits(connection.max_words_per_read, connection.max_gap_words)),
        identity=spec.identity.objects if spec.identity else {},
        max_refused_percent=connection.max_refused_percent,
        ramped=any(each.ramp is not None for each in points),
        scaled=any(each.place.codec.exponent is not None and each.wanted is not None for each in points),
        groups=_groups(points),
        repeated=tuple(each.at for each in points if each.repeat is not None),
    )


def _groups(points: tuple[Point, ...]) -> Groups:
    """Return of each register that is written with others with which, in the order of address; nearly always none."""
    named: dict[str, list[int]] = {}
    for point in points:
        if point.group:
            named.setdefault(point.group, []).append(point.at)
    if not named:
        return APART
    members = (tuple(sorted(each, key=lambda at: points[at].place.address)) for each in named.values())
    return {at: together for together in members for at in together}


def _tls(spec: IndustrialPLCSpec, namespace: str) -> TlsRef | None:
    connection = spec.connection
    if connection.transport is not Transport.TLS:
        return None
    secret = f"{namespace}/{connection.tls_secret_ref.name}" if connection.tls_secret_ref else ""
    return TlsRef(secret, connection.tls_server_name or "", not connection.tls_insecure_skip_verify)


def _point(
    register: Register,
    at: int,
    endpoint: Endpoint,
    spec: IndustrialPLCSpec,
    namespace: str,
    sources: Mapping[str, str],
) -> Point:
    unit_id, short = spec.unit_id, spec.registers is None
    unit = register.at_unit(unit_id)
    spans = register.spans
    own, elsewhere = spans[0], spans[-1] if len(spans) > 1 else None
    codec = shared(own.codec)
    wanted = shared(register.encoded)
    own_unit = f" unit {unit}" if unit != unit_id else ""
    read = f", read at {_called(elsewhere)}" if elsewhere else ""
    is_target = short and register.name == TARGET
    return Point(
        name=register.name,
        label=f"register {own.start}" if is_target else f"{register.name} ({_called(own)}{own_unit}{read})",
        where=f"{_where(own)} unit {unit}" + (f", read at {_where(elsewhere)}" if elsewhere else ""),
        metric=str(own.start) if is_target else register.name,
        place=_placed(DeviceId(endpoint, unit), spans),
        wanted=wanted,
        desired=None if wanted is None else codec.text(wanted),
        tolerance=shared(register.allowed if wanted is not None else _near_enough(register)),
        function=register.write.function,
        verify=register.write.verify,
        verify_delay=register.write.verify_delay_ms / 1000,
        unit=register.unit or "",
        source=sources.get(register.name, ""),
        at=at,
        ramp=_slope(register),
        span=_extent(register),
        group=register.group or "",
        repeat=None if register.write.repeat_secs is None else float(register.write.repeat_secs),
        around=shared(around(register, namespace)),
    )


def _placed(device: DeviceId, spans: Sequence[Span]) -> Place:
    own, *others = spans
    shown = next((Place(device, each.table, each.start, shared(each.codec)) for each in others), None)
    return Place(device, own.table, own.start, shared(own.codec), shown)


def _called(span: Span) -> str:
    """Return where something is, in a sentence."""
    return f"{_bits(span)}{span.table.noun} {span.start}"


def _where(span: Span) -> str:
    """Return where something is and in which form, for a status."""
    codec = span.codec
    order = f" {codec.order}" if codec.order is not ByteOrder.ABCD else ""
    last = f" to {span.start + codec.span - 1}" if codec.parts else ""
    last += "" if codec.exponent is None else f" x 10^{span.table} {span.start + codec.exponent}"
    return f"{_bits(span)}{span.table} {span.start}{last} {codec.type}{order}"


def _bits(span: Span) -> str:
    return f"{bits_of(span.codec)} of " if span.codec.bit is not None else ""


def _near_enough(register: Register) -> Fraction:
    """Return how far what is only observed may go before it is told again; a percentage has no value to be one of."""
    tolerance = register.tolerance if register.shown.type.numeric else 0
    return Fraction(0) if isinstance(tolerance, str) else exactly(tolerance)


def _extent(register: Register) -> Extent:
    if register.min is None and register.max is None:
        return ANY
    return shared(Extent(*(None if each is None else float(exactly(each)) for each in (register.min, register.max))))


def _slope(register: Register) -> Slope | None:
    ramp, limits = register.write.ramp, (register.min, register.max)
    if ramp is None:
        return None
    least, most = (None if each is None else exactly(each) for each in limits)
    return shared(Slope(exactly(ramp.max_step), float(ramp.step_interval_secs), least, most))
