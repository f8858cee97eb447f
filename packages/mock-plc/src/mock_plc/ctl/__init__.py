"""`mock-plc ctl`: speaks the control API of a running mock-plc."""
