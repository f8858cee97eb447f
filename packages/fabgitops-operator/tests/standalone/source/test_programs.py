"""Programs of others, run on the event loop that the operator runs on."""

import asyncio
import os
from pathlib import Path

import pytest
from fabgitops_operator.hosting.process import loop_factory
from fabgitops_operator.standalone.source.programs import run

ENVIRONMENT = {"PATH": os.environ["PATH"]}


@pytest.mark.parametrize("loop", [loop_factory(), asyncio.new_event_loop], ids=["operator's", "asyncio's"])
@pytest.mark.parametrize("text", [b"", b"x" * 200_000], ids=["nothing", "much"])
def test_a_program_that_wants_no_input_is_no_fault(loop: object, text: bytes, tmp_path: Path) -> None:
    """A program that ends before it has read what it is given has said by its exit code what there is to say."""

    async def often() -> None:
        for _ in range(20):
            assert (await run(("true",), ENVIRONMENT, 20, text, tmp_path)).code == 0

    with asyncio.Runner(loop_factory=loop) as runner:  # type: ignore[arg-type]
        runner.run(often())
