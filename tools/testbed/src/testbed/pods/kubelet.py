"""A stand-in for the kubelets of a cluster, for the time of a `with` block."""

from __future__ import annotations

import asyncio
from functools import partial
from threading import Event, Thread
from types import TracebackType
from typing import Self

from testbed.access import Access
from testbed.asking import administrator
from testbed.errors import TestbedError
from testbed.pods.crew import Crew
from testbed.pods.programs import Paper, Programs

START_LIMIT = 30.0  # seconds


class Kubelet:
    """Binds each pod of a control plane to one Node, says that it runs, and ends it when it is deleted.

    With the controllers of `testbed.WORKLOADS` Deployments, ReplicaSets and EndpointSlices are then as in a cluster.

    A pod is ready at once; the annotation `testbed.fabgitops.io/ready` of the pod says otherwise: `never`, or a number
    of seconds. `break_image` makes pods of an image unready, whether they are there or come later. A pod that is
    deleted goes on, and serves, for all of its terminationGracePeriodSeconds, as a program does that uses up its
    grace: say 0 for one that dies at once, and never leave it at Kubernetes' 30 s.

    It works in a thread of its own, so a test may block. The API server may be stopped and started meanwhile.
    """

    def __init__(self, plane: Access, programs: Programs | None = None, node: str = "node-1") -> None:
        """Prepare it.

        Args:
            plane: whose pods; all namespaces.
            programs: what runs as the pods; nothing, unless said.
            node: the name of the Node, which it makes.
        """
        self._plane = plane
        self._programs = programs or Paper()
        self._node = node
        self._begun = Event()
        self._crew: Crew | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None
        self._thread = Thread(target=self._run, name="kubelet", daemon=True)

    def break_image(self, image: str) -> None:
        """Let no pod of an image be ready from now on."""
        self._judge(image, broken=True)

    def mend_image(self, image: str) -> None:
        """Let pods of an image be ready again."""
        self._judge(image, broken=False)

    def check(self) -> None:
        """Raise what ended it, if anything did.

        Raises:
            TestbedError: it has ended by itself; the message says why.
        """
        if self._failure is not None:
            raise TestbedError(f"the stand-in kubelet ended: {self._failure!r}") from self._failure

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._begun.wait(START_LIMIT):
            self._end()
            raise TestbedError(f"the stand-in kubelet made no Node within {START_LIMIT:.0f} s")
        self.check()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, and the pods' programs with it; their objects stay."""
        self._end()
        if error is None:
            self.check()

    def _end(self) -> None:
        if self._loop and self._work and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._work.cancel)
        self._thread.join()

    def _judge(self, image: str, *, broken: bool) -> None:
        self.check()
        if self._loop and self._crew:
            self._loop.call_soon_threadsafe(partial(self._crew.judge, image, broken=broken))

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except asyncio.CancelledError:
            return  # the block is over
        except BaseException as error:  # noqa: BLE001 - `check` tells it, in a thread that can do something about it
            self._failure = error
        finally:
            self._begun.set()

    async def _main(self) -> None:
        self._loop, self._work = asyncio.get_running_loop(), asyncio.current_task()
        async with administrator(self._plane) as client:
            self._crew = Crew(client, self._programs, self._node)
            await self._crew.work(self._begun.set)
