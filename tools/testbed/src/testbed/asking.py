"""Asking the API server for as long as it takes: it may be stopped and started meanwhile."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import aiohttp

from testbed.access import Access
from testbed.errors import TestbedError

BETWEEN_TRIES = 0.1  # seconds
PATIENCE = aiohttp.ClientTimeout(total=10.0)  # seconds
LONGEST_LINE = 1 << 21  # bytes; more than etcd takes of an object
LEAKS = sys.version_info < (3, 12, 7)  # asyncio leaves TLS open that its peer has closed, as one that is stopped does
LOST = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)  # somebody else was quicker: it is gone, or done


def administrator(plane: Access) -> aiohttp.ClientSession:
    """A client of the control plane's API server with all rights."""
    connector = aiohttp.TCPConnector(ssl=plane.tls(), enable_cleanup_closed=LEAKS)
    return aiohttp.ClientSession(plane.url, connector=connector, timeout=PATIENCE, read_bufsize=LONGEST_LINE)


async def ask(
    client: aiohttp.ClientSession,
    method: str,
    path: str,
    body: Any = None,
    *,
    kind: str = "application/json",
    params: Mapping[str, str] | None = None,
) -> Any:
    """The answer to a request, whose body is of a media type; None when the object is gone, or is not as it was.

    Raises:
        TestbedError: the API server refuses it, and would again.
    """
    content = None if body is None else json.dumps(body)
    while True:
        try:
            async with client.request(
                method, path, data=content, params=params, headers={"Content-Type": kind}
            ) as answer:
                if answer.status in LOST:
                    return None
                if answer.ok:
                    return await answer.json()
                if not _passing(answer.status):
                    raise TestbedError(f"the API server refuses {method} {path}: {await answer.text()}")
        except (aiohttp.ClientError, TimeoutError):
            pass  # it is away for now
        await asyncio.sleep(BETWEEN_TRIES)


def _passing(code: int) -> bool:
    return code == HTTPStatus.TOO_MANY_REQUESTS or code >= HTTPStatus.INTERNAL_SERVER_ERROR
