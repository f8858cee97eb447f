"""The option of `./dev corpus`."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the corpus write its sample anew."""
    parser.addoption(
        "--freeze", action="store_true", help="write a sample of the API server's answers for the unit tests"
    )
