"""The device file: what can be said in it (device, register, behaviours), and how it is read (reading)."""
