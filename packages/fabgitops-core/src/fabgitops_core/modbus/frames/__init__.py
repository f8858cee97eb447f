"""Requests to bytes, and replies to values or to the error they are. No I/O.

Every request knows the one reply that it will believe: how it begins, how long it is, and what in it is free. A reply
is believed when it is that and for no other reason; whatever else comes is looked at only to say what is wrong with it.
This closes what pymodbus lets through: replies of another transaction, unit or function, with too few or too many
registers, or that echo something else. pymodbus builds what is sent and what is expected.

`request` judges replies, `reads`, `writes` and `identity` make requests, `framings` says how they travel: with the
header of Modbus TCP (`mbap`: TCP, TLS, UDP) or with a checksum (`rtu`: RTU over TCP). `manners` puts in what a device
is known not to copy; `hearing` finds the answer among what else a serial line carries, by the `lengths` of frames.
"""
