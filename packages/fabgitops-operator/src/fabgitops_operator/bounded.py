"""What is answered over HTTP, read to its end, as long as that is not too far."""

import aiohttp

_PIECE = 1 << 16


class TooLongError(Exception):
    """An answer is longer than anybody keeps: its text says than what."""


async def whole(answer: aiohttp.ClientResponse, most: int) -> bytes:
    """Return the body of an answer, which may come in pieces, of `most` bytes at most.

    Raises:
        TooLongError: It is longer.
        aiohttp.ClientError: It broke off.
    """
    text = bytearray()
    async for piece in answer.content.iter_chunked(_PIECE):
        text += piece
        if len(text) > most:
            raise TooLongError(f"answers with more than {most >> 10} KiB")
    return bytes(text)
