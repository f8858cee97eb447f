"""The decisions for one IndustrialPLC: `table` is where they begin."""

from fabgitops_core.control.plc.table import TABLE, PlcController, step

__all__ = ["TABLE", "PlcController", "step"]
