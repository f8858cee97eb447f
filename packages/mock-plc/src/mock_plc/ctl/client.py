"""One request to the control API, and its answer."""

import http.client
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from cyclopts import Group, Parameter

from mock_plc.control.address import ADDRESS_VARIABLE, TOKEN_VARIABLE, Address
from mock_plc.errors import MockPlcError

_GROUP = Group("Connection")
_TIMEOUT = 10.0
_FIRST_ERROR = 400


class CtlError(MockPlcError):
    """What was asked for did not happen: its text says why."""


@Parameter(name="*", group=_GROUP)
@dataclass(frozen=True, kw_only=True)
class Control:
    """Which mock-plc, and which of its PLCs."""

    control: Annotated[
        str | None,
        Parameter(help=f"PORT or HOST:PORT of the control API; without it ${ADDRESS_VARIABLE} or 127.0.0.1:5503."),
    ] = None
    token_file: Annotated[
        Path | None, Parameter(help=f"File with the control API's token; without it ${TOKEN_VARIABLE}.")
    ] = None
    plc: Annotated[
        str | None,
        Parameter(
            help="One PLC, where mock-plc serves several: its port or, of a twin, its address or NAMESPACE/NAME of a "
            "manifest; without it all."
        ),
    ] = None

    def ask(self, method: str, path: str, body: object = None, **query: object) -> dict[str, Any]:
        """Send a request and return its answer.

        Raises:
            CtlError: There is no answer, or it is an error.
        """
        address = self._address()
        query = {key: value for key, value in {**query, "plc": self.plc}.items() if value is not None}
        headers = self._headers()
        connection = http.client.HTTPConnection(address.host, address.port, timeout=_TIMEOUT)
        try:
            connection.request(method, f"/v1/{path}?{urlencode(query)}", json.dumps(body), headers)
            answer = connection.getresponse()
            content = answer.read()
        except OSError as error:
            raise CtlError(f"no answer from {address}: {_reason(error)}") from None
        except http.client.HTTPException as error:
            raise CtlError(f"{address} is no control API: {error!r}") from None
        finally:
            connection.close()
        return _understood(address, answer.status, content)

    def _address(self) -> Address:
        given = self.control or os.environ.get(ADDRESS_VARIABLE)
        try:
            return Address.parse(given) if given else Address()
        except ValueError as error:
            raise CtlError(f"--control: {error}") from None

    def _headers(self) -> dict[str, str]:
        token = os.environ.get(TOKEN_VARIABLE)
        if self.token_file:
            try:
                token = self.token_file.read_text().strip()
            except (OSError, UnicodeDecodeError) as error:
                raise CtlError(f"--token-file: {self.token_file} cannot be read: {error}") from None
        if token and not (token.isascii() and token.isprintable()):
            raise CtlError(f"the token of --token-file or ${TOKEN_VARIABLE} is none: it holds more than ASCII")
        return {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})


HERE = Control()


def _reason(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there; start it with: mock-plc --control 5503"
    if isinstance(error, TimeoutError):
        return f"none within {_TIMEOUT:g} s"
    return error.strerror or str(error)


def _understood(address: Address, status: int, content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        raise CtlError(f"{address} is no control API: it answered {status} and no JSON") from None
    if not isinstance(answer, dict):
        raise CtlError(f"{address} is no control API: it answered no object")
    if status >= _FIRST_ERROR:
        raise CtlError(str(answer.get("error", f"{address} answered {status}")))
    return answer
