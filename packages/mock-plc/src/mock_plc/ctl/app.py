"""The commands of `mock-plc ctl`."""

import json
import re
from typing import Annotated, Any
from urllib.parse import quote

from cyclopts import App, Parameter
from cyclopts.types import PositiveInt

from mock_plc.ctl.client import HERE, Control, CtlError
from mock_plc.ctl.output import Format, Output, say, show

_PLACE = re.compile(r"(holding|input|coil|discrete):([0-9]{1,9})")
_REGISTER = ("plc", "name", "value", "unit", "type", "table", "address", "unitId", "behaviours")

app = App(
    name="ctl",
    help="Look at a running mock-plc, change its registers, and make it misbehave: it was started with --control.",
    help_format="plaintext",
)
fault = App(name="fault", help="What goes wrong: list it, add to it, and end it.", help_format="plaintext")
app.command(fault)


@app.command
def state(*, output: Output = Format.TABLE, control: Control = HERE) -> None:
    """Show how each PLC is: what it serves, its connections, requests and faults.

    Args:
        output: How to print.
        control: Which mock-plc.
    """
    answer = control.ask("GET", "state")
    columns = ("plc", "names", "transport", "units", "uptimeSeconds", "connections", "requests", "restarts", "faults")
    show(answer, output, answer["plcs"], *columns, "frozen", "starting")


@app.command
def registers(*, output: Output = Format.TABLE, control: Control = HERE) -> None:
    """List the registers that have a name, and what they hold.

    Args:
        output: How to print.
        control: Which mock-plc.
    """
    answer = control.ask("GET", "registers")
    show(answer, output, answer["registers"], *_REGISTER)


@app.command
def get(
    register: str,
    /,
    *,
    count: PositiveInt = 1,
    unit: int = 1,
    output: Output = Format.TABLE,
    control: Control = HERE,
) -> None:
    """Show what a register holds.

    For example: mock-plc ctl get speed, mock-plc ctl get input:8 --count 4

    Args:
        register: Its name, or TABLE:ADDRESS (holding, input, coil, discrete; 0-based) for what a client would read.
        count: How many words or bits, for TABLE:ADDRESS.
        unit: Unit id, for TABLE:ADDRESS.
        output: How to print.
        control: Which mock-plc.
    """
    if place := _place(register):
        answer = control.ask("GET", "registers", count=count, unitId=unit, **place)
        show(answer, output, answer["reads"], "plc", "unitId", "table", "address", "values")
    else:
        answer = control.ask("GET", f"registers/{_quoted(register)}")
        show(answer, output, answer["registers"], *_REGISTER)


@app.command(name="set")
def set_(
    register: str,
    value: Annotated[tuple[str, ...], Parameter(allow_leading_hyphen=True)],
    /,
    *,
    unit: int = 1,
    output: Output = Format.TABLE,
    control: Control = HERE,
) -> None:
    """Change a register: by its name as the process behind it would, by its address as a client would.

    For example: mock-plc ctl set speed 1200, mock-plc ctl set holding:4001 7 8

    Args:
        register: Its name, or TABLE:ADDRESS (holding or coil; 0-based).
        value: What it is to hold: one value of its type for a name; words or bits for TABLE:ADDRESS.
        unit: Unit id, for TABLE:ADDRESS.
        output: How to print.
        control: Which mock-plc.
    """
    values = [_value(text) for text in value]
    if place := _place(register):
        answer = control.ask("PUT", "registers", {**place, "unitId": unit, "values": values})
        say(answer, output, f"{register} = {' '.join(value)}")
    elif len(values) != 1:
        raise CtlError(f"{register} takes one value, not {len(values)}")
    else:
        answer = control.ask("PUT", f"registers/{_quoted(register)}", {"value": values[0]})
        show(answer, output, answer["registers"], *_REGISTER)


@fault.command(name="list")
def list_(*, output: Output = Format.TABLE, control: Control = HERE) -> None:
    """List the faults that are set, whether they are on, and how often they have hit.

    Args:
        output: How to print.
        control: Which mock-plc.
    """
    answer = control.ask("GET", "faults")
    show(answer, output, answer["faults"], "plc", "id", "name", "fault", "active", "hits")


@fault.command
def add(line: str, /, *, output: Output = Format.TABLE, control: Control = HERE) -> None:
    """Set a fault, from now on.

    For example: mock-plc ctl fault add delay:2s,p=0.1,on=write

    Args:
        line: KIND[:ARGUMENT][,KEY=VALUE]..., as for --fault.
        output: How to print.
        control: Which mock-plc.
    """
    answer = control.ask("POST", "faults", {"fault": line})
    show(answer, output, answer["faults"], "plc", "id", "fault", "active")


@fault.command
def put(name: str, line: str, /, *, output: Output = Format.TABLE, control: Control = HERE) -> None:
    """Set the fault of a name, instead of the one that has it; the same one again counts its time from now on.

    For example: mock-plc ctl fault put night-shift frozen,for=15s

    Args:
        name: Letters, digits, ".", "_" and "-", and no number.
        line: KIND[:ARGUMENT][,KEY=VALUE]..., as for --fault.
        output: How to print.
        control: Which mock-plc.
    """
    answer = control.ask("PUT", f"faults/{_quoted(name)}", {"fault": line})
    show(answer, output, answer["faults"], "plc", "id", "name", "fault", "active")


@fault.command
def renew(name: str, /, *, output: Output = Format.TABLE, control: Control = HERE) -> None:
    """Let the fault of a name last on: count its time from now on; one that has ended is not brought back.

    Args:
        name: Its name.
        output: How to print.
        control: Which mock-plc.
    """
    answer = control.ask("POST", f"faults/{_quoted(name)}/renew", {})
    show(answer, output, answer["faults"], "plc", "id", "name", "fault", "active")


@fault.command
def remove(which: str, /, *, output: Output = Format.TABLE, control: Control = HERE) -> None:
    """End one fault.

    Args:
        which: Its id or its name, as `ctl fault list` shows it.
        output: How to print.
        control: Which mock-plc.
    """
    say(control.ask("DELETE", f"faults/{_quoted(which)}"), output, f"removed fault {which}")


@fault.command
def clear(*, output: Output = Format.TABLE, control: Control = HERE) -> None:
    """End all faults.

    Args:
        output: How to print.
        control: Which mock-plc.
    """
    answer = control.ask("DELETE", "faults")
    say(answer, output, f"removed {answer['removed']} faults")


@app.command
def counters(*, output: Output = Format.TABLE, control: Control = HERE) -> None:
    """Show how many requests there were, by function and result, of all chosen PLCs together.

    Args:
        output: How to print.
        control: Which mock-plc.
    """
    answer = control.ask("GET", "counters")
    show(answer, output, answer["counters"], "function", "name", "result", "requests")


@app.command
def restart(*, output: Output = Format.TABLE, control: Control = HERE) -> None:
    """Restart: connections are ended, and every register holds again what it held at the start.

    Args:
        output: How to print.
        control: Which mock-plc.
    """
    answer = control.ask("POST", "restart")
    say(answer, output, f"restarted {answer['restarted']}")


def _place(register: str) -> dict[str, Any] | None:
    match = _PLACE.fullmatch(register)
    return {"table": match[1], "address": int(match[2])} if match else None


def _quoted(name: str) -> str:
    return quote(name, safe="", errors="surrogateescape")  # what was typed may be no UTF-8


def _value(text: str) -> bool | int | float | str:
    """Return the number, the boolean or the text in quotes that a text is in JSON, or the text itself."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float | str) else text
