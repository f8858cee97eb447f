"""How the device is reached: transport, pace, TLS, and who it must say that it is."""

from enum import StrEnum


class Transport(StrEnum):
    """How Modbus requests travel to the device."""

    TCP = "tcp"
    """Modbus TCP: an MBAP header over TCP, by convention on port 502."""
    RTU_OVER_TCP = "rtuOverTcp"
    """RTU frames with their CRC, carried over TCP as serial gateways do."""
    TLS = "tls"
    """Modbus TCP over TLS (MODBUS/TCP Security), by convention on port 802."""
    UDP = "udp"
    """An MBAP header in each UDP datagram."""
