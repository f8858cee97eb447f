"""Tries the installed wheel by itself: every module imports, and the definitions of all kinds come out.

Run with the Python of an environment that holds the wheel and what it declares, nothing else.
"""

import importlib
import pkgutil
from importlib.metadata import version

import fabgitops_core
from fabgitops_core.admission.judging import Admission
from fabgitops_core.api.crd import definition
from fabgitops_core.api.plc.industrialplc import INDUSTRIAL_PLC

for module in pkgutil.walk_packages(fabgitops_core.__path__, "fabgitops_core."):
    if not module.name.endswith(".__main__"):
        importlib.import_module(module.name)

assert definition(INDUSTRIAL_PLC)["metadata"]["name"] == "industrialplcs.fabgitops.io"
admission = Admission({"IndustrialPLC": definition(INDUSTRIAL_PLC)}, ())
refused = admission.judge("IndustrialPLC", {"spec": {}}, None, "CREATE")
assert [cause.field for cause in refused.causes] == ["spec.deviceAddress", "<nil>"]
print("fabgitops-core", version("fabgitops-core"))
