"""A thread for what blocks, which nobody waits for when the process ends: a pipe may never be read again."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue

Job = tuple[Callable[[], None], "Future[None]"] | None


class Aside:
    """Does one thing after the other, in a thread that begins with the first."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def submit(self, job: Callable[[], None]) -> "Future[None]":
        """Do something soon, and return what tells how it went."""
        if not self._thread.is_alive():
            self._thread.start()
        future: Future[None] = Future()
        self._jobs.put((job, future))
        return future

    def end(self) -> None:
        """End the thread when all is done that it was asked for."""
        self._jobs.put(None)

    def _run(self) -> None:
        while (asked := self._jobs.get()) is not None:
            job, future = asked
            if not future.set_running_or_notify_cancel():
                continue
            try:
                job()
            except BaseException as error:  # noqa: BLE001 - whoever asked is told
                future.set_exception(error)
            else:
                future.set_result(None)
