"""The one place where a rule meets what evaluates it: two calls, `compile_rule` and `run`.

An evaluator of others is put in here, and nowhere else (ADR 27 says why there is none).
"""

from collections.abc import Sequence
from typing import Any

from fabgitops_core.expressions.cel.compiling import Program
from fabgitops_core.expressions.cel.nodes import SyntaxFault
from fabgitops_core.expressions.cel.patterns import pattern
from fabgitops_core.expressions.cel.picking import readable
from fabgitops_core.expressions.cel.values import Broken, CelError, shortest

__all__ = ["Broken", "CelError", "Program", "SyntaxFault", "compile_rule", "pattern", "readable", "run", "shortest"]


def compile_rule(text: str, variables: Sequence[str]) -> Program:
    """Return a rule that can be run, with the names that it may use.

    Raises:
        SyntaxFault: It is no expression, or uses what is not there.
    """
    return Program(text, variables)


def run(rule: Program, *values: Any) -> Any:
    """Return what a rule says of the values of its variables.

    Raises:
        CelError: It says nothing, and why.
    """
    return rule.run(*values)
