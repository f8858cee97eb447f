"""How long the soak lasts, and how large it is: to be given together with this folder, as `./dev soak` does."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the soak be longer and larger."""
    parser.addoption("--minutes", type=float, default=None, help="how long the soak lasts")
    parser.addoption("--plcs", type=int, default=None, help="how many PLCs there are")
    parser.addoption("--seed", type=int, default=None, help="what the adversary's choices begin with")
