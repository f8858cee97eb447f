"""Keys as they are pressed on a terminal, one by one and unseen."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fabctl.board import Press

_SEQUENCES = {
    b"\x1b[A": Press.UP,
    b"\x1bOA": Press.UP,
    b"\x1b[B": Press.DOWN,
    b"\x1bOB": Press.DOWN,
    b"\x1b[5~": Press.PAGE_UP,
    b"\x1b[6~": Press.PAGE_DOWN,
    b"\x1b[H": Press.HOME,
    b"\x1b[1~": Press.HOME,
    b"\x1b[F": Press.END,
    b"\x1b[4~": Press.END,
    b"\r": Press.ENTER,
    b"\n": Press.ENTER,
    b"\x7f": Press.BACK,
    b"\x08": Press.BACK,
}


@contextmanager
def keys(pressed: Callable[[str], None]) -> Iterator[None]:
    """Hand over each key; afterwards the terminal reads lines again. Where there is none to read from, none comes."""
    try:
        import asyncio  # noqa: PLC0415
        import termios  # noqa: PLC0415 - Windows has none
        import tty  # noqa: PLC0415
    except ImportError:
        yield
        return
    if not sys.stdin.isatty():
        yield
        return
    fd, loop = sys.stdin.fileno(), asyncio.get_running_loop()
    before = termios.tcgetattr(fd)

    def read() -> None:
        data = os.read(fd, 4096)
        if not data:  # nobody types there any more
            loop.remove_reader(fd)
        for each in split(data):
            pressed(each)

    tty.setcbreak(fd)  # Ctrl-C goes on being a signal
    loop.add_reader(fd, read)
    try:
        yield
    finally:
        loop.remove_reader(fd)
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


def split(data: bytes) -> Iterator[str]:
    """Yield the keys that some bytes of a terminal are; sequences of keys that mean nothing here are passed over."""
    at = 0
    while at < len(data):
        known = next((each for each in _SEQUENCES if data.startswith(each, at)), None)
        if known is not None:
            yield _SEQUENCES[known]
            at += len(known)
        elif data[at : at + 1] == b"\x1b":
            at = _passed_over(data, at)
            if at == len(data) and data.endswith(b"\x1b"):
                yield Press.ESCAPE
        else:
            size = next((n for n in (1, 2, 3, 4) if _is_character(data[at : at + n])), 1)
            yield data[at : at + size].decode(errors="replace")
            at += size


def _passed_over(data: bytes, at: int) -> int:
    """Return where a sequence that is not known ends: at its letter (ECMA-48, 5.4)."""
    at += 1
    if data[at : at + 1] not in {b"[", b"O"}:
        return at
    at += 1
    while at < len(data) and not 0x40 <= data[at] <= 0x7E:
        at += 1
    return min(at + 1, len(data))


def _is_character(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
