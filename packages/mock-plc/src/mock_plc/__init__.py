"""A Modbus TCP PLC that drifts on purpose.

For tests: `mock_plc.server.serving(Device({4001: 2500}))` serves a device whose registers the test can read and change.
"""
