"""What the API server itself checks of an IndustrialPLC as a whole, as CEL."""

from fabgitops_core.api.schema import Rule

_INTERVAL = "double(has(self.pollIntervalSecs) ? self.pollIntervalSecs : 5)"
_TOO_LONG = "timeoutSecs must not be longer than pollIntervalSecs: lower timeoutSecs or raise pollIntervalSecs"
_WHOLE = "has(self.templateRef) || !has(self.registers) || self.registers.all(r, {})"

SPEC_RULES = (
    Rule(
        f"!has(self.timeoutSecs) || has(self.templateRef) || self.timeoutSecs <= {_INTERVAL}",
        _TOO_LONG,
        field=".timeoutSecs",
    ),
    Rule(
        "!has(self.connection) || !has(self.connection.timeoutSecs) || has(self.templateRef) || "
        f"self.connection.timeoutSecs <= {_INTERVAL}",
        _TOO_LONG,
        field=".connection.timeoutSecs",
    ),
    Rule(
        "!has(self.timeoutSecs) || !has(self.connection) || !has(self.connection.timeoutSecs)",
        "timeoutSecs is the short form of connection.timeoutSecs: keep one of them",
        field=".timeoutSecs",
    ),
    Rule(
        "has(self.targetRegister) == has(self.targetValue)",
        "targetRegister and targetValue go together: give both, or neither and registers or templateRef instead",
    ),
    Rule(
        "has(self.targetRegister) || has(self.targetValue) || has(self.registers) || has(self.templateRef)",
        "say what the PLC must hold: targetRegister and targetValue, or registers, or templateRef",
    ),
    Rule(
        "!(has(self.targetRegister) || has(self.targetValue)) || !(has(self.registers) || has(self.templateRef))",
        "targetRegister and targetValue are the short form of a map of one register: "
        "drop them, or registers and templateRef",
        field=".targetRegister",
    ),
    Rule(
        _WHOLE.format("has(r.address) || has(r.reference)"),
        "a register without a place: give address (0-based as on the wire) or reference (40001, as on the drawing)",
        field=".registers",
        said=(
            "'register ' + self.registers.filter(r, !has(r.address) && !has(r.reference))[0].name + ' has no place: "
            "give address (0-based as on the wire) or reference (40001, as on the drawing)'"
        ),
    ),
    Rule(
        _WHOLE.format("!(has(r.bit) && !has(r.type)) && !(has(r.type) && r.type == 'bit' && !has(r.bit))"),
        "type bit and bit go together: give both, bit from 0 (least significant) to 15",
        field=".registers",
    ),
    Rule(
        _WHOLE.format("!(has(r.length) && !has(r.type)) && !(has(r.type) && r.type == 'string' && !has(r.length))"),
        "type string and length go together: give both, length in bytes and even",
        field=".registers",
    ),
)
