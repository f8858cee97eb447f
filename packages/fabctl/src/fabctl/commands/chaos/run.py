"""`fabctl chaos run`."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from fabctl.chaos.experiments import experiment
from fabctl.cluster import connected
from fabctl.cluster.failures import Conflict
from fabctl.commands.chaos.ending import ended_by_us
from fabctl.commands.chaos.following import code_of, followed
from fabctl.commands.chaos.reading import checked, read_experiment
from fabctl.commands.following import until_signalled
from fabctl.errors import FabctlError, Late, NotTaken, Refused, UnknownPLC, Unreachable, UsageError
from fabctl.names import EXPERIMENT
from fabctl.options import HERE, Connection, Format, Name, Output
from fabctl.render.objects import show_objects
from fabctl.render.shapes import print_line

if TYPE_CHECKING:
    from fabctl.cluster.client import Cluster
    from fabctl.fields import Body
    from fabctl.options import Template


async def run(
    file: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    /,
    *,
    filename: Annotated[str | None, Parameter(alias="-f", allow_leading_hyphen=True)] = None,
    name: Name | None = None,
    wait: Annotated[bool, Parameter(alias="-w", negative="")] = False,
    timeout: Annotated[float | None, Parameter(validator=Number(gt=0))] = None,
    interval: Annotated[float, Parameter(validator=Number(gte=0.1))] = 1.0,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    output: Output = Format.TABLE,
    connection: Connection = HERE,
) -> int:
    """Run the chaos experiment that stands in a file, after all is said that is wrong with it.

    With --wait it is drawn until it is over, and the exit code says what it showed: 0 Passed, 1 Failed, for a probe did
    not hold, 7 Inconclusive, for it did not run as planned, 8 refused, before anything was begun. Ctrl-C, SIGTERM and a
    terminal that goes away then end the experiment, and what it has injected, and so does --timeout; Ctrl-C once more
    does not wait for that. Where the API server does not take that within a minute, what was seen last is said, until
    when it goes on by itself, and how to end it. Without --wait it goes on by itself: fabctl chaos get -w follows it,
    fabctl chaos abort ends it. With --dry-run nothing is made: what it would hit is shown, and what API server and
    ChaosPolicy say of it.

    Args:
        file: The file, or - for standard input; it has one ChaosExperiment and nothing else.
        filename: The same, as kubectl takes it.
        name: What it is to be called instead: one experiment is one run, and a second one is another.
        wait: Follow it until it is over.
        timeout: For how many seconds with --wait; then it is ended. Without it for as long as it takes.
        interval: Seconds after which its time is drawn anew, at least 0.1; what changes is drawn at once.
        dry_run: Show what it would hit, and make nothing.
        output: How to print; wide says more of each part; json, yaml and name are the experiment as it was made, or
            with --wait as it ended.
        connection: Which cluster, and where in it.
    """
    given = file or filename
    if given is None or (file and filename):
        raise UsageError("give one file: fabctl chaos run FILE (fabctl chaos scenarios has some to begin with)")
    if timeout is not None and not wait:
        raise UsageError("--timeout is for how long --wait waits: give both, or neither")
    if dry_run and wait:
        raise UsageError("--dry-run makes nothing that could be waited for: drop it, or --wait")
    running = _Running(given, name, timeout if wait else None, interval, output, connection, wait=wait, dry_run=dry_run)
    return await until_signalled(running.run()) or running.code


@dataclass(slots=True)
class _Running:
    file: str
    name: str | None
    timeout: float | None
    interval: float
    output: Format | Template
    connection: Connection
    wait: bool
    dry_run: bool
    code: int = 0

    async def run(self) -> None:
        """Do what was asked for."""
        manifest = read_experiment(self.file, self.name)
        given = self.connection.namespace
        if given and manifest.namespace and given != manifest.namespace:
            raise UsageError(f"{self.file} says namespace {manifest.namespace}, and -n {given}")
        async with connected(self.connection) as cluster:
            cluster.namespace = manifest.namespace or cluster.namespace
            body = checked(manifest, cluster.namespace)
            if self.dry_run:
                from fabctl.commands.chaos.rehearsing import rehearsed  # noqa: PLC0415 - nothing is made there

                self.code = await rehearsed(cluster, body, wide=self.output is Format.WIDE)
                return
            await self._made(cluster, body)

    async def _made(self, cluster: Cluster, body: dict[str, Any]) -> None:
        """Make it; what ends us meanwhile waits until it is known whether it is there."""
        making = asyncio.ensure_future(_create(cluster, body))
        try:
            made = await asyncio.shield(making)
        except asyncio.CancelledError:
            await ended_by_us(cluster, await making)
            raise
        if not self.wait:
            self._say(made)
            return
        last = await self._waited(cluster, made)
        self.code = code_of(experiment(last))
        if not self._draws:
            self._show(last)

    @property
    def _draws(self) -> bool:
        return self.output in {Format.TABLE, Format.WIDE}

    def _say(self, made: Body) -> None:
        if not self._draws:
            self._show(made)
            return
        given = experiment(made)
        which = f"{given.name} -n {given.namespace}"
        print_line(f"{given.name}: made in namespace {given.namespace}: {given.scene}")
        print_line(f"fabctl chaos get {which} -w follows it, fabctl chaos abort {which} ends it")

    def _show(self, body: Body) -> None:
        show_objects([body], self.output, one=True, kind=EXPERIMENT)

    async def _waited(self, cluster: Cluster, made: Body) -> Body:
        """Return it as it is when it is over; whatever keeps us from seeing that ends it."""
        seen = deque([made], 1)
        try:
            async with asyncio.timeout(self.timeout):
                return await followed(
                    cluster,
                    made,
                    self.interval,
                    wide=self.output is Format.WIDE,
                    quiet=not self._draws,
                    ends="the experiment",
                    note=seen.append,
                )
        except TimeoutError:
            told = await ended_by_us(cluster, seen[-1])
            then = "so it was ended" if told else "and it could not be ended"
            raise Late(f"{experiment(made).name}: not over within {self.timeout:g} s, {then}") from None
        except UnknownPLC:
            raise
        except (asyncio.CancelledError, OSError, FabctlError):  # OSError: nobody reads, or the terminal is gone
            await ended_by_us(cluster, seen[-1])
            raise


async def _create(cluster: Cluster, body: dict[str, Any]) -> Body:
    """Make an experiment.

    Raises:
        NotTaken: The API server refuses it, or there is one of this name.
        Unreachable: There is no answer, so that nobody knows whether it was made.
    """
    name = str(body["metadata"]["name"])
    try:
        return await cluster.create(EXPERIMENT, cluster.namespace, body)
    except Conflict:
        raise NotTaken(await _there(cluster, name)) from None
    except Refused as error:
        raise NotTaken(f"refused: {error}") from None
    except Unreachable as error:
        raise Unreachable(f"{error}; whether {name} was made is not known: fabctl chaos get {name}") from None


async def _there(cluster: Cluster, name: str) -> str:
    """Return what to do where there is an experiment of a name."""
    there = experiment(await cluster.get(name, EXPERIMENT))
    stands = ", ".join(filter(None, (there.phase, there.verdict)))
    if there.is_over:
        return f"{name} is there already, it is {stands}: an experiment is one run, --name {name}-2 makes another"
    return f"{name} is there already, it is {stands}: fabctl chaos get {name} -w follows it, or give another --name"
