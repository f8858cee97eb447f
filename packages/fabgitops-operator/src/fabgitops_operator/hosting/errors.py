"""How wherever objects are kept says no, told apart by what can be done about it.

ApiError
├── Gone           the object, or its kind, is not there
├── Forbidden      the operator may not do this
├── Rejected       the same again would be refused again
│   └── TooLarge     because it is more than is taken in one request
└── Unavailable    the same may succeed later
    ├── Conflict     when what is there now was looked at: somebody else changed it first
    └── Outdated     from the beginning: what it should go on from is too old
"""


class ApiError(Exception):
    """What was asked was not done; `reason` is one word for metrics.

    Args:
        message: What was done, and what came of it, in one line.
        reason: The word.
        pause: Seconds for which the answer asks not to be bothered again (Retry-After).
    """

    def __init__(self, message: str, reason: str, pause: float = 0.0) -> None:
        super().__init__(message)
        self.reason = reason
        self.pause = pause


class Gone(ApiError):
    """The object, or its kind, is not there."""


class Forbidden(ApiError):
    """The operator may not do this (401, 403)."""


class Rejected(ApiError):
    """The request is refused for what it says; the same again would be refused again."""


class TooLarge(Rejected):
    """The request is more than the API, or what it stores in, takes at once."""


class Unavailable(ApiError):
    """The API is away or overloaded; the same may succeed later."""


class Conflict(Unavailable):
    """Somebody else changed the object first, or made it; whoever looks at it anew may go on."""


class Outdated(Unavailable):
    """The version, or the page, that a request should go on from is too old (410); whoever begins anew may go on."""
