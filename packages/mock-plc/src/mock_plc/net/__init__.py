"""PLCs on sockets, by asyncio: the PLC (station), its clients (peer), how it is reached (listen), its TLS (tls)."""
