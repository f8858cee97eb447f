"""Manifests as a test writes them, and the devices that come of them."""

from mock_plc.machine.machine import Machine
from mock_plc.twin.beginning import Start, starts
from mock_plc.twin.documents import Text, documents
from mock_plc.twin.manifests import sorted_out
from mock_plc.twin.plant import Site, sites


def read(*texts: str) -> list[Site]:
    """Return the devices that manifests name; each text is a file: a.yaml, b.yaml and so on."""
    found = [Text(f"{letter}.yaml", text) for letter, text in zip("abcdefg", texts, strict=False)]
    return sites(sorted_out([each for text in found for each in documents(text)], "default"))


def plc(name: str, spec: str, namespace: str = "line-1") -> str:
    """Return an IndustrialPLC; its spec is of lines without indentation, and begins in line 5."""
    return _manifest("IndustrialPLC", name, spec, namespace)


def template(name: str, spec: str, namespace: str = "line-1") -> str:
    """Return an IndustrialPLCTemplate; its spec is of lines without indentation, and begins in line 5."""
    return _manifest("IndustrialPLCTemplate", name, spec, namespace)


def _manifest(kind: str, name: str, spec: str, namespace: str) -> str:
    head = f"apiVersion: fabgitops.io/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\nspec:\n"
    return head + "".join(f"  {line}\n" for line in spec.strip().splitlines())


def machine(site: Site, start: Start = Start.IN_SYNC, seed: str = "0") -> Machine:
    """Return a device that is about to be served."""
    return Machine(site.device(starts(site, start, seed)))
