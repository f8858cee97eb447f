"""A Modbus TCP PLC that drifts on purpose.

For tests, a device whose registers the test can read and change, on a real socket:

    plc = Device({4001: 2500})  # mock_plc.device
    async with serving(plc) as port:  # mock_plc.server
        plc[4001] = 2311  # it drifts
        ...  # have the client write to 127.0.0.1:port
        assert [write.values for write in plc.writes] == [(2500,)]
"""
