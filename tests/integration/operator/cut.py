"""A wire between an operator and the API server: cut, it lets nothing through, and tells nobody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import yaml


class Wire:
    """Passes bytes on while it is whole."""

    def __init__(self) -> None:
        self._whole = asyncio.Event()
        self._whole.set()

    def cut(self) -> None:
        """Let nothing through any more, either way."""
        self._whole.clear()

    def mend(self) -> None:
        """Let through what waits, and what comes."""
        self._whole.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what one end sends, until it ends."""
        try:
            while data := await reader.read(65536):
                await self._whole.wait()
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            return
        finally:
            writer.close()


@asynccontextmanager
async def wire(kubeconfig: Path, folder: Path) -> AsyncIterator[tuple[Wire, Path]]:
    """Yield a wire to the API server of a kubeconfig, and a kubeconfig that leads over it."""
    found = yaml.safe_load(kubeconfig.read_text())
    cluster = found["clusters"][0]["cluster"]
    far = urlsplit(cluster["server"])
    between, tasks = Wire(), set[asyncio.Task[None]]()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(far.hostname, far.port)
        for ends in ((reader, back), (there, writer)):
            task = asyncio.create_task(between.carry(*ends))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    cluster["server"] = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    over = folder / "over-the-wire"
    over.write_text(yaml.safe_dump(found))
    try:
        yield between, over
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
