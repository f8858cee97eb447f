"""What the API server itself checks of an IndustrialPLC as a whole, as CEL.

What has to look through the whole map stands in the admission policy beside the definition: a rule here could not name
the register, as the cost of putting such a sentence together is estimated far above what a definition may have.
"""

from fabgitops_core.api.schema import Rule

_INTERVAL = "double(has(self.pollIntervalSecs) ? self.pollIntervalSecs : 5)"
_TOO_LONG = "timeoutSecs must not be longer than pollIntervalSecs: lower timeoutSecs or raise pollIntervalSecs"

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
        "!has(self.autoCorrect) || !has(self.correction) || !has(self.correction.mode)",
        "autoCorrect is the short form of correction.mode: keep one of them",
        field=".autoCorrect",
    ),
    Rule(
        "!has(self.maxCorrectionsPerHour) || !has(self.correction) || !has(self.correction.fight)",
        "maxCorrectionsPerHour is the short form of correction.fight: keep one of them",
        field=".maxCorrectionsPerHour",
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
)
