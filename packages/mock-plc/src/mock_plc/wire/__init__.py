"""How a PLC is spoken to: PDUs (pdu), frames around them (framing), and the transports that carry those.

No Modbus library is used, so that what mock-plc answers is by the specification alone, and shares no mistake with the
client that it tests. "Protocol" is the Modbus Application Protocol Specification V1.1b3, "messaging" is Modbus
Messaging on TCP/IP V1.0b, "serial" is Modbus over Serial Line V1.02.
"""
