"""The records of writes, as the real operator keeps them: from the object's own marks to the bytes on the wire."""

import json
import signal
import sys
from pathlib import Path
from subprocess import run
from typing import Any

import pytest
from lightkube.types import PatchType
from mock_plc.device import Device
from mock_plc.server import serving

from ..planes import KUBERNETES
from . import wire_plc
from .conftest import IndustrialPLC, Site, until
from .wire_plc import WRITE, Request, WirePlc

pytestmark = pytest.mark.integration

HELD = "not written: its audit record cannot be stored: "


def records(folder: Path) -> list[dict[str, Any]]:
    """Return what a folder holds so far, in whole lines."""
    lines = [line for file in sorted(folder.glob("audit-*.jsonl")) for line in file.read_text().splitlines(True)]
    return [json.loads(line) for line in lines if line.endswith("\n")]


def verify(folder: Path, *flags: str) -> tuple[int, str]:
    """Return the exit code and the output of the command that verifies."""
    program = Path(sys.executable).with_name("fabgitops-operator")
    done = run([program, "audit", "verify", folder, *flags], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


async def annotate(site: Site, name: str, annotations: dict[str, str]) -> None:
    """Set annotations of an IndustrialPLC."""
    patch = {"metadata": {"annotations": annotations}}
    await site.client.patch(IndustrialPLC, name, patch, namespace=site.namespace, patch_type=PatchType.MERGE)


async def test_each_write_is_recorded_before_it_is_sent(site: Site, tmp_path: Path) -> None:
    """When a write reaches the PLC its attempt is in the file; outcome and proof follow, under the key's seal."""
    folder, key = tmp_path / "audit", tmp_path / "key"
    key.write_text("a key of thirty-two bytes, or so\n")
    plc, before = WirePlc({4001: 2500}), list[dict[str, Any]]()

    async def look(request: Request, answer: bytes) -> bytes | None:
        if request.function == WRITE:
            before.extend(records(folder))
        return answer

    flags = ("--audit", str(folder), "--audit-sync", "--audit-key-file", str(key))
    async with wire_plc.serving(plc) as port, site.operator(*flags) as operator:
        await site.apply("mixer", port, autoCorrect=False)
        await site.until_status("mixer", inSync=True)
        marks = {"fabgitops.io/revision": "main@sha1:0f3e", "argocd.argoproj.io/tracking-id": "line-1:fabgitops.io/x"}
        await annotate(site, "mixer", marks)
        plc.registers[4001] = 2311
        plc.answer = look
        await site.until_status("mixer", inSync=False)
        await site.sync("mixer", "now", force=True)
        status = await site.until_status("mixer", inSync=True, correctionsApplied=1)
        (last,) = status["history"]
        assert last.pop("at") <= status["lastUpdate"]
        assert last == {"register": "target", "before": "2311", "wanted": "2500", "after": "2500", "result": "Proven"}

        async def told() -> bool:
            return await operator.metric("fabgitops_audit_records_total") == 3

        await until(told, "the proof is stored")
        stored = await site.get("mixer")
        code, text = verify(folder, "--key-file", str(key))
        assert (code, "note" in text) == (0, False), text
        assert await operator.stop() == 0
    begin, attempt = before
    assert (begin["why"], begin["sealed"]) == ("start", "hmac-sha256")
    assert attempt["uid"] == stored["metadata"]["uid"]
    assert (attempt["host"], attempt["port"], attempt["function"], attempt["address"]) == ("127.0.0.1", port, 6, 4001)
    assert attempt["git"] == {"by": "Argo CD", "application": "line-1", "revision": "main@sha1:0f3e"}
    assert attempt["registers"] == [{"name": "target", "before": "0x0907", "wanted": "0x09C4"}]
    sync = attempt["sync"]
    assert (sync["requestedAt"], sync["forced"]) == ("now", True)
    assert sync.get("manager") == ("tests" if site.plane.name == KUBERNETES else None)
    after = [(each["record"], each.get("result"), each.get("proven")) for each in records(folder)[2:]]
    assert after == [("outcome", "done", None), ("proof", None, True), ("end", None, None)]
    code, text = verify(folder)
    assert code == 1
    assert "which was not given" in text


async def test_killed_between_attempt_and_outcome(site: Site, tmp_path: Path) -> None:
    """An operator that is killed with a write on the wire leaves an attempt, of which verify and its successor tell."""
    plc, folder = WirePlc({4001: 2311}), tmp_path / "audit"
    async with wire_plc.serving(plc) as port:
        async with site.operator("--audit", str(folder)) as first:

            async def kill(request: Request, answer: bytes) -> bytes | None:
                if request.function != WRITE:
                    return answer
                await first.stop(signal.SIGKILL)
                return None

            plc.answer = kill
            await site.apply("mixer", port)
            await until(lambda: first.process.returncode is not None, "the kill")
        assert [each["record"] for each in records(folder)] == ["begin", "attempt"]
        open_write = records(folder)[1]["write"]
        code, text = verify(folder)
        left = f"nothing says what came of the write {open_write} of {site.namespace}/mixer (target) at"
        assert (code, left in text) == (0, True), text
        plc.answer = wire_plc.proper
        async with site.operator("--audit", str(folder)) as second:
            await site.until_status("mixer", inSync=True, correctionsApplied=1)
            assert f"{site.namespace}/mixer: the operator ended before it was known what came of a write" in second.log
            assert await second.stop() == 0
    again = next(each for each in records(folder) if each["record"] == "begin" and each["seq"] > 1)
    assert (again["why"], again["open"]) == ("start", [open_write])
    assert verify(folder)[0] == 0


async def test_a_full_disk_holds_writes(site: Site, tmp_path: Path) -> None:
    """Where no record can be stored nothing is written, the status says so, and with room again it is corrected."""
    plc, folder = Device({4001: 2500}), tmp_path / "audit"
    folder.mkdir()
    full = folder / "audit-000000000001.jsonl"
    full.symlink_to("/dev/full")
    async with serving(plc) as port, site.operator("--audit", str(folder)) as operator:
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True)
        plc[4001] = 2311

        async def held() -> bool:
            message = str((await site.status("mixer")).get("message", ""))
            return message.endswith(f"{HELD}No space left on device")

        await until(held, "it says that no record can be stored")
        assert await site.condition("mixer", "Correcting") == ("False", "AuditUnavailable")
        assert plc.writes == []
        assert await operator.metric("fabgitops_audit_up") == 0
        full.unlink()
        await site.until_status("mixer", inSync=True, correctionsApplied=1)
        assert await operator.metric("fabgitops_audit_up") == 1
    assert len(plc.writes) == 1
    assert verify(folder)[0] == 0


async def test_a_full_disk_stops_nobody_who_wants_it_so(site: Site, tmp_path: Path) -> None:
    """With --audit-outage correct a PLC is corrected without a record, and metrics count the write."""
    plc, folder = Device({4001: 2311}), tmp_path / "audit"
    folder.mkdir()
    (folder / "audit-000000000001.jsonl").symlink_to("/dev/full")
    flags = ("--audit", str(folder), "--audit-outage", "correct")
    async with serving(plc) as port, site.operator(*flags) as operator:
        await site.apply("mixer", port)
        await site.until_status("mixer", inSync=True, correctionsApplied=1)
        assert await operator.metric("fabgitops_audit_unrecorded_writes_total") == 1
        assert "audit records cannot be stored, writes go on: No space left on device" in operator.log
