"""From what goes wrong on the way to the API server to a line that says what to do."""

import os
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fabctl.cluster.api import StatusError
from fabctl.errors import Denied, FabctlError, NoConfig, NotInstalled, Refused, Unreachable
from fabctl.kubeconfig.errors import NoCredentialsError

INSTALL = "fabgitops-operator manifests | kubectl apply -f -"

_WHO = re.compile(r'User "([^"]*)"')
_BY_POLICY = " denied request"
"""What the API server says where a policy has refused and not a right was missing."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was tried, and where."""

    verb: str
    resource: str
    namespace: str | None
    server: str
    context: str

    @property
    def place(self) -> str:
        """Return the namespace in words."""
        return f"in namespace {self.namespace}" if self.namespace else "in all namespaces"


class NotThere(Refused):
    """404: the object or the whole kind is not there; which of them, whoever asked finds out."""


class Conflict(Unreachable):
    """409: there is something of this name already, or it has changed meanwhile."""


class Expired(Unreachable):
    """410: what a watch or a page goes on from is too old; begin again."""


@contextmanager
def told(attempt: Attempt) -> Iterator[None]:
    """Turn what goes wrong inside into a FabctlError."""
    try:
        yield
    except StatusError as error:
        raise _answered(error.code, error.message, attempt) from error
    except NoCredentialsError as error:
        raise NoConfig(f'context "{attempt.context}": no credentials: {error}') from error
    except OSError as error:
        raise _unanswered(error, attempt) from error
    except RecursionError as error:
        raise Refused(f"{attempt.server} answered with what is nested too deeply to be read") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{attempt.server} does not answer as a Kubernetes API server does: {error}") from error


def _answered(code: int, message: str, attempt: Attempt) -> FabctlError:
    what = f"{attempt.verb} {attempt.resource} {attempt.place}"
    if code == 401:
        return Denied(
            f"{attempt.server} does not know who you are (401): "
            f'log in again, or check the user of context "{attempt.context}"'
        )
    if code == 403 and _BY_POLICY in message:
        return Refused(f"{attempt.server} refuses to {what} (403): {message}")
    if code == 403 and message and not _WHO.search(message):  # no missing right: whoever asks is not even named
        return Denied(f"{attempt.server} lets nobody {what} as asked (403): {message}")
    if code == 403:
        who = _WHO.search(message)
        return Denied(
            f'{who.group(1) if who else "you"} may not {what} (403): ask for a role with the verb "{attempt.verb}"'
        )
    if code == 404:
        return NotThere(f"{attempt.server} has nothing there to {what} (404): {message}")
    if code == 410:
        return Expired(f"{attempt.server} could not go on to {what} (410): {message}; try again")
    if code in {409, 429} or code >= 500:
        return (Conflict if code == 409 else Unreachable)(
            f"{attempt.server} could not {what} ({code}): {message}; try again"
        )
    return Refused(f"{attempt.server} refuses to {what} ({code}): {message}")


def _unanswered(error: OSError, attempt: Attempt) -> FabctlError:
    if (distrust := _distrust(error)) is not None:
        why = getattr(distrust, "verify_message", "") or distrust.reason or distrust
        return NoConfig(
            f"no trust between fabctl and {attempt.server}: {why}; check certificate-authority and the user of "
            f'context "{attempt.context}"'
        )
    return Unreachable(
        f'the API server {attempt.server} of context "{attempt.context}" cannot be reached: {_why(error)}; is it '
        "running?"
    )


def _why(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError | socket.gaierror) or error.errno is None:
        return error.strerror or str(error) or type(error).__name__
    return os.strerror(error.errno)  # what asyncio says there is longer


def _distrust(error: BaseException) -> ssl.SSLError | None:
    """Return the TLS error that an error came from, if it is that one side does not believe the other.

    Any other may come from below: a handshake that was waited for in vain comes with an SSLWantReadError.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return cause
        if isinstance(cause, ssl.SSLError) and "alert" in str(cause).lower():  # from the server (RFC 8446, section 6)
            return cause
        cause = cause.__cause__ or cause.__context__
    return None


def not_installed(attempt: Attempt) -> NotInstalled:
    """Return the error for a cluster that does not know the kind."""
    there = f'the cluster of context "{attempt.context}" has no'
    if attempt.resource.startswith("industrialplc"):
        return NotInstalled(f"{there} IndustrialPLC: install it with {INSTALL}")
    if attempt.resource.startswith(("setpointrollout", "analysistemplate")):
        return NotInstalled(f"{there} {attempt.resource}: let the chart install it (setpointRollouts.enabled)")
    if attempt.resource.startswith("rollouts."):
        return NotInstalled(f"{there} {attempt.resource}: let the chart install it (delivery.enabled)")
    if attempt.resource.startswith("chaos"):
        return NotInstalled(f"{there} {attempt.resource}: let the chart install it (chaos.enabled)")
    return NotInstalled(f"{there} {attempt.resource}: let the chart install what racks need (racks.enabled)")
