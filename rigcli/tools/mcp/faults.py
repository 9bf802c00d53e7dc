"""The one door for what the SDK and its HTTP client raise: every error leaves as one of rig's own."""

from __future__ import annotations

from collections.abc import Iterator

from rigcli.core.errors import AuthError, NetworkError, ProviderError, RigError, ServerError
from rigcli.tools.mcp.definition import plain
from rigcli.tools.mcp.spec import ServerSpec

_SAID = 300


def fault(error: BaseException, spec: ServerSpec, last_words: str = "") -> RigError:
    """Return the error that a user reads; `last_words` is what a process wrote to its stderr last."""
    where = f"mcp {spec.name}"
    leaves = list(_leaves(error))
    for leaf in leaves:
        if isinstance(leaf, RigError):
            return leaf
    for leaf in leaves:
        if (found := _known(leaf, spec, where)) is not None:
            return found
    name, text = type(leaves[0]).__name__, plain(str(leaves[0]))[:_SAID]
    closed = name in ("MCPError", "ClosedResourceError", "BrokenResourceError", "EndOfStream")
    if closed and ("closed" in text.lower() or not text):
        said = f": {plain(last_words)[:_SAID]}" if last_words else ""
        return NetworkError(f"{where}: the server ended{said}", hint=f"rig mcp test {spec.name} -v")
    if name == "MCPError":
        return ProviderError(f"{where}: {text}")
    if name == "ValidationError":
        return ProviderError(f"{where}: the server broke the protocol: {text.splitlines()[0]}")
    return ProviderError(f"{where}: {name}: {text}")


def _known(leaf: BaseException, spec: ServerSpec, where: str) -> RigError | None:
    """Return the error for what HTTP and OAuth raise, None for anything else."""
    module, name, text = type(leaf).__module__, type(leaf).__name__, plain(str(leaf))[:_SAID]
    if name.startswith("OAuth"):
        return AuthError(f"{where}: {text}", hint=f"rig mcp login {spec.name}")
    status = getattr(getattr(leaf, "response", None), "status_code", None) or _status_in(text)
    if status in (401, 403):
        return AuthError(f"{where}: {status}, not let in", hint=f"rig mcp login {spec.name}, or check its headers")
    if status and status >= 500:  # noqa: PLR2004  the class of HTTP's server errors
        return ServerError(f"{where}: {status} from the server", status=status)
    if status:
        return ProviderError(f"{where}: {text}", status=status)
    if module.startswith(("httpx2", "httpcore")) or isinstance(leaf, ConnectionError):
        return NetworkError(f"{where}: {text or name}", hint="is it running, is the URL right?" if spec.url else None)
    return None


def _status_in(text: str) -> int | None:
    """Return the HTTP status that the SDK put into words."""
    import re  # noqa: PLC0415  only on the way to an error

    found = re.search(r"(?:HTTP|status|code|error '?)[ :]*([45]\d\d)\b", text)
    return int(found[1]) if found else None


def _leaves(error: BaseException) -> Iterator[BaseException]:
    inner = getattr(error, "exceptions", None)
    if inner is None:
        yield error
        return
    for each in inner:
        yield from _leaves(each)
