"""How to talk to a PLC: the one place that imports pymodbus."""
