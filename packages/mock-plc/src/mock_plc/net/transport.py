"""The ways in which a PLC is reached."""

from enum import StrEnum

from mock_plc.wire.framing import Framing, Mbap, Rtu


class Transport(StrEnum):
    """A way in which a PLC is reached: Modbus TCP, RTU frames over TCP, Modbus/TCP Security, or Modbus over UDP."""

    TCP = "tcp"
    RTU_OVER_TCP = "rtuOverTcp"
    TLS = "tls"
    UDP = "udp"

    @property
    def framing(self) -> Framing:
        """How its frames are made."""
        if self is Transport.RTU_OVER_TCP:
            return Rtu()
        return Mbap()
