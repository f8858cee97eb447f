"""Tag lists become manifests, which are valid as they are."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Fabctl = Callable[..., subprocess.CompletedProcess[str]]

LIST = """\
Tag;Modbus Address;Data Type;Unit;Setpoint;Scale;Comment
Pump 1.Speed;40101;UINT16;rpm;1450;1,0;the main one
Pump 1/Run;1;;;true;;
Tank Level;30005;Float32;%;;;read only

"""
FLAGS = ("--column", "name=Tag", "--column", "reference=Modbus Address", "--column", "type=Data Type")


def made(fabctl: Fabctl, folder: Path, text: str, *flags: str) -> subprocess.CompletedProcess[str]:
    """Run it over a tag list."""
    file = folder / "tags.csv"
    file.write_text(text, encoding="utf-8-sig")
    return fabctl("import", "pump", "--csv", str(file), "--device", "10.0.0.7", *flags)


def test_columns_are_said(fabctl: Fabctl, tmp_path: Path) -> None:
    """What is made is valid, writes nothing yet, and what was not used is told."""
    ran = made(fabctl, tmp_path, LIST, *FLAGS, "--column", "value=Setpoint", "-n", "line-3")
    assert (ran.returncode, ran.stderr) == (0, "fabctl: not used of tags.csv: Comment\n")
    manifest: Any = yaml.safe_load(ran.stdout)
    assert manifest["metadata"] == {"name": "pump", "namespace": "line-3"}
    assert manifest["spec"]["correction"] == {"mode": "Observe"}
    assert manifest["spec"]["registers"] == [
        {"name": "Pump-1.Speed", "reference": 40101, "type": "uint16", "scale": 1, "unit": "rpm", "value": 1450},
        {"name": "Pump-1-Run", "reference": 1, "value": True},
        {"name": "Tank-Level", "reference": 30005, "type": "float32", "unit": "%"},
    ]
    (tmp_path / "pump.yaml").write_text(ran.stdout)
    assert fabctl("validate", "-f", str(tmp_path / "pump.yaml")).returncode == 0


def test_columns_that_are_called_like_fields_need_no_word(fabctl: Fabctl, tmp_path: Path) -> None:
    """Whatever their case, and with commas as with tabs."""
    for separator in ",\t":
        text = "NAME,Unit ID,address,byte_order,tolerance\na,3,0x10,cdab,2%\n".replace(",", separator)
        (register,) = yaml.safe_load(made(fabctl, tmp_path, text).stdout)["spec"]["registers"]
        assert register == {"name": "a", "address": 16, "unitId": 3, "byteOrder": "CDAB", "tolerance": "2%"}


@pytest.mark.parametrize(
    ("text", "flags", "said"),
    [
        ("", (), "no column for name"),
        ("name\na\n", (), "address or reference: give --column; there are: name"),
        ("name,address\na,x\n", (), "line 2: 'x' can be no address"),
        ("name,address\na,\n", (), "line 2: a has neither address nor reference"),
        (f'name,address\n"{"x" * 200_000}",1\n', (), "this is no CSV"),
        ("name,address\n--,1\n", (), "line 2: a register needs a name"),
        ("name,address\na,1\na,2\n", (), "line 3: a stands twice"),
        ("name,address,min\na,1,inf\n", (), "line 2: 'inf' can be no min"),
        ("name,address\na,1\n", ("--column", "name=Tag"), "there is no column Tag: there are: name, address"),
        ("name,address\na,1\n", ("--column", "label=Tag"), "give FIELD=COLUMN"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_line(
    fabctl: Fabctl, tmp_path: Path, text: str, flags: tuple[str, ...], said: str
) -> None:
    """As wrong usage, and nothing is printed."""
    ran = made(fabctl, tmp_path, text, *flags)
    assert (ran.returncode, ran.stdout, said in ran.stderr) == (2, "", True), ran.stderr


def test_a_device_is_needed_and_a_file(fabctl: Fabctl, tmp_path: Path) -> None:
    """Which of them is missing is told."""
    assert "--device ADDRESS" in fabctl("import", "pump", "--csv", str(tmp_path / "none")).stderr
    missing = fabctl("import", "pump", "--csv", str(tmp_path / "none"), "--device", "10.0.0.7")
    assert (missing.returncode, "cannot be read" in missing.stderr) == (2, True)
    assert fabctl("import", "pump", "--device", "10.0.0.7").returncode == 2
