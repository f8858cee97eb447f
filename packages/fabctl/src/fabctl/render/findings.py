"""What is wrong with manifests, for people, for GitHub's checks, as SARIF and as a List."""

import sys
from collections.abc import Sequence
from typing import Any

from fabctl.fields import text
from fabctl.judging import Finding
from fabctl.names import VERSION
from fabctl.render.objects import escaped_json

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def show_findings(found: Sequence[Finding], output: str, version: str) -> None:
    """Print findings: text, github, sarif or json."""
    if output == "sarif":
        sys.stdout.write(escaped_json(sarif(found, version)))
    elif output == "json":
        items = [_item(each) for each in found]
        listing = {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": items}
        sys.stdout.write(escaped_json(listing))
    else:
        said = github if output == "github" else line
        sys.stdout.writelines(f"{said(each)}\n" for each in found)


def line(finding: Finding) -> str:
    """Return a finding as compilers print it."""
    at = finding.trouble
    where = ":".join([text(at.file), *(str(number) for number in (at.line, at.column) if number)])
    return f"{where}: {finding.level}: {text(finding.message)}"


def github(finding: Finding) -> str:
    """Return a finding as a command of GitHub's workflows, which shows it beside the line."""
    at = finding.trouble
    places = [("file", at.file), *(((("line", str(at.line)),)) if at.line else ())]
    places += [("col", str(at.column))] if at.column and at.line else []
    listed = ",".join(f"{name}={_property(value)}" for name, value in places)
    return f"::{finding.level} {listed}::{_data(finding.message)}"


def _data(said: str) -> str:
    return text(said.replace("%", "%25"))


def _property(said: str) -> str:
    return _data(said).replace(":", "%3A").replace(",", "%2C")


def sarif(found: Sequence[Finding], version: str) -> dict[str, Any]:
    """Return findings as SARIF 2.1.0 (OASIS)."""
    rules = [
        {"id": "refused", "shortDescription": {"text": "The API server would refuse it"}},
        {"id": "doubted", "shortDescription": {"text": "It would be taken, and would not work"}},
    ]
    driver = {
        "name": "fabctl validate",
        "version": version,
        "informationUri": "https://fabgitops.github.io/fabgitops",
        "rules": rules,
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": [_result(each) for each in found]}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding) -> dict[str, Any]:
    at = finding.trouble
    region = {"startLine": at.line, **({"startColumn": at.column} if at.column else {})}
    place = {"artifactLocation": {"uri": at.file.replace("\\", "/")}, **({"region": region} if at.line else {})}
    return {
        "ruleId": "refused" if finding.level == "error" else "doubted",
        "level": str(finding.level),
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": place}],
    }


def _item(finding: Finding) -> dict[str, Any]:
    at = finding.trouble
    return {
        "apiVersion": VERSION,
        "kind": "Finding",
        "metadata": {},
        "level": str(finding.level),
        "file": at.file,
        "line": at.line or None,
        "column": at.column or None,
        "object": finding.about or None,
        "message": at.message,
    }
