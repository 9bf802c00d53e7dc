"""Everything that can go wrong, drawn as a tree. Each leaf knows its exit code; only `__main__` uses it.

    RigError                    kind        exit
    ├── UsageError              usage       2    a flag, an argument, an input that cannot be used
    │   └── ConfigError         config      2    a setting, a key file, a provider row
    ├── NetworkError            network     3    nobody answered: DNS, TLS, refused, reset before the first token
    │   ├── RateLimitError      rate_limit  3    429
    │   ├── OverloadedError     overloaded  3    503, 529, and "overloaded" said inside a stream before the first token
    │   ├── ServerError         server      3    other 5xx
    │   └── StalledError        timeout     3    connect, idle or total timeout before the first token
    ├── AuthError               auth        4    401, 403, no key
    ├── DeniedError             denied      5    policy, untrusted project, an approval nobody could give
    ├── StorageError            storage     6    disk full, damaged file
    │   └── SessionBusyError    busy        6    another process writes this session
    ├── ProviderError           provider    7    the provider refused the request, or said something unreadable
    │   ├── IncompleteError     incomplete  7    the stream ended, stalled or broke after the first token
    │   ├── LimitError          limit       7    turn limit, doom loop, a response over the size limit
    │   └── RetrievalError      retrieval   7    required citations are missing, the index could not be asked
    ├── SchemaError             schema      8    the answer does not match the schema
    ├── BudgetError             budget      9    the budget is spent
    ├── InterruptionError       interrupted 130  Ctrl-C or SIGTERM (143), as JSON tells it
    └── BugError                bug         70   a bug in rig

A message is one line without a key and without a traceback: `WHAT: CAUSE`; `hint` is the next step.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, ClassVar


class Exit(IntEnum):
    """The documented exit codes of every command."""

    OK = 0
    NO = 1
    USAGE = 2
    NETWORK = 3
    AUTH = 4
    DENIED = 5
    STORAGE = 6
    PROVIDER = 7
    SCHEMA = 8
    BUDGET = 9
    BUG = 70
    INTERRUPTED = 130
    PIPE_CLOSED = 141
    TERMINATED = 143


class RigError(Exception):
    """The base of every error that a user can meet.

    `message` says what failed and why in one line; `hint` is the next step; `status` is an HTTP status;
    `retry_after` is in seconds.
    """

    kind: ClassVar[str] = "error"
    exit_code: ClassVar[Exit] = Exit.PROVIDER
    final: bool = False
    """Trying again cannot help, whatever the kind says: a refused certificate, a silence that was waited out."""
    reported: bool = False
    """Its JSON object is on stdout already; only the line for stderr is still to be written."""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        status: int | None = None,
        provider: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status
        self.provider = provider
        self.retry_after = retry_after

    def to_json(self) -> dict[str, Any]:
        """Return the `error` object of `--format json`."""
        return {
            "kind": self.kind,
            "message": self.message,
            "status": self.status,
            "provider": self.provider,
            "retry_after": self.retry_after,
            "hint": self.hint,
        }

    def line(self) -> str:
        """Return the one line for stderr, without the `rig: ` before it."""
        return f"{self.message} ({self.hint})" if self.hint else self.message


class UsageError(RigError):
    kind = "usage"
    exit_code = Exit.USAGE


class ConfigError(UsageError):
    kind = "config"


class NetworkError(RigError):
    kind = "network"
    exit_code = Exit.NETWORK


class RateLimitError(NetworkError):
    kind = "rate_limit"


class OverloadedError(NetworkError):
    kind = "overloaded"


class ServerError(NetworkError):
    kind = "server"


class StalledError(NetworkError):
    kind = "timeout"


class AuthError(RigError):
    kind = "auth"
    exit_code = Exit.AUTH


class DeniedError(RigError):
    kind = "denied"
    exit_code = Exit.DENIED


class StorageError(RigError):
    kind = "storage"
    exit_code = Exit.STORAGE


class SessionBusyError(StorageError):
    kind = "busy"


class ProviderError(RigError):
    kind = "provider"
    exit_code = Exit.PROVIDER


class IncompleteError(ProviderError):
    kind = "incomplete"


class LimitError(ProviderError):
    kind = "limit"


class RetrievalError(ProviderError):
    kind = "retrieval"


class SchemaError(RigError):
    """`errors` are the validator's words about the best attempt, `data` is that attempt, None where none was JSON."""

    kind = "schema"
    exit_code = Exit.SCHEMA
    errors: tuple[str, ...] = ()
    data: Any = None

    def to_json(self) -> dict[str, Any]:
        return {**super().to_json(), "errors": list(self.errors)}


class BudgetError(RigError):
    kind = "budget"
    exit_code = Exit.BUDGET


class BugError(RigError):
    kind = "bug"
    exit_code = Exit.BUG


class InterruptionError(RigError):
    kind = "interrupted"
    exit_code = Exit.INTERRUPTED


class Terminated(BaseException):
    """Somebody asked this process to end (SIGTERM): no error, and nothing may mistake it for one."""


def interruption(cause: BaseException) -> InterruptionError:
    """Return what JSON says of this KeyboardInterrupt or Terminated: one error a cause, so that it is reported once."""
    return vars(cause).setdefault("told", InterruptionError("interrupted"))
