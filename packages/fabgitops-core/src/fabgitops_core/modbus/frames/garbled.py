"""What a framing says of bytes that are not the one frame that was to come."""


class Garbled(ValueError):
    """Bytes that hold no reply that could be looked into; the text says what they are."""
