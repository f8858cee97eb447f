"""The device of a device file, running: its registers (point), its units (unit), and the whole (machine)."""
