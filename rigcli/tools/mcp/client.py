"""One connection to one server: opened when it is first needed, by a task that owns it, closed with the run.

The SDK's connection must be entered and left by the same task; everybody else only calls through it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from rigcli.core.errors import NetworkError, RigError, StalledError
from rigcli.tools.mcp.asks import Handlers, PagesToVisit
from rigcli.tools.mcp.callbacks import Callbacks
from rigcli.tools.mcp.definition import Listing, plain
from rigcli.tools.mcp.expand import Filler, fill
from rigcli.tools.mcp.faults import fault
from rigcli.tools.mcp.listing import read_listing
from rigcli.tools.mcp.oauth import Vault
from rigcli.tools.mcp.spec import ServerSpec, Transport
from rigcli.tools.mcp.stderr import Stderr
from rigcli.tools.mcp.transport import Way, check_reach, open_http, open_stdio

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from mcp import Client

T = TypeVar("T")
START_SECONDS = 30.0
"""For a server to start and to say what it offers."""
CLOSE_SECONDS = 7.0
_A_MOMENT = 0.05
_LOST = ("Connection closed", "Session terminated")
"""The SDK's words for a connection that was closed and for a session that the server has forgotten."""
_PAGE_FIRST = -32042
"""JSON-RPC code of the protocol: a page must be visited before this is answered."""


def _nobody(listing: Listing) -> None:
    """Nobody keeps it."""


@dataclass
class Connection:
    """A server that is used. `login` opens the door of OAuth by asking its user; without it stored tokens must do."""

    spec: ServerSpec
    way: Way
    filler: Filler
    handlers: Handlers = field(default_factory=Handlers)
    vault: Vault | None = None
    on_listing: Callable[[Listing], None] = _nobody
    listing: Listing | None = None
    state: str = "not started"
    """For a person: not started, starting, ready, closed, or what went wrong."""
    _client: Client | None = None
    _task: asyncio.Task[None] | None = None
    _ready: asyncio.Future[Client] | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _callbacks: Callbacks = field(init=False)
    _stderr: Stderr | None = None
    _stale: str = ""
    _reads: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def __post_init__(self) -> None:
        own = self.spec.roots
        folders = self.handlers.roots if own is None else [Path(self.way.cwd, root).expanduser() for root in own]
        self._callbacks = Callbacks(self.spec.name, self.handlers, self._changed, folders)

    async def client(self) -> Client:
        """Return the SDK's client, connected. Raises RigError where the server cannot be reached or started."""
        if self._task is None or self._task.done():
            self.state = "starting"
            self._stop = asyncio.Event()
            self._ready = asyncio.get_running_loop().create_future()
            self._task = asyncio.create_task(self._own(self._ready), name=f"mcp {self.spec.name}")
        if self._ready is None:
            raise AssertionError("made with the task")
        return await asyncio.shield(self._ready)

    async def listed(self) -> Listing:
        """Return what the server offers, asked for once a connection. Raises RigError."""
        await self.client()
        if self.listing is None:
            raise AssertionError("read before the connection is ready")
        return self.listing

    async def request(self, work: Callable[[Client], Awaitable[T]], seconds: float | None = None) -> T:
        """Return what a request brings, in time; the time a person needs for an answer does not count.

        Raises RigError for a server that is gone, slow or breaks the protocol; the SDK's MCPError for its refusal.
        """
        client = await self.client()
        limit = self.spec.timeout if seconds is None else seconds
        try:
            async with self._callbacks.deadline(limit):
                return await work(client)
        except TimeoutError:
            raise StalledError(
                f"mcp {self.spec.name}: no answer within {limit:g} s", hint=f"mcp.{self.spec.name}.timeout sets more"
            ) from None
        except Exception as error:  # noqa: BLE001  each becomes one of rig's own errors
            if str(error) in _LOST and self._task is not None:
                self._stop.set()  # the next call starts it again
                await asyncio.wait({self._task}, timeout=CLOSE_SECONDS)
            if pages := _pages(error):
                raise PagesToVisit(pages) from None
            raise self._fault(error) from None

    async def close(self) -> None:
        """Say goodbye; the server is gone when this returns, or was killed."""
        self._stop.set()
        if self._task is not None:
            done, _ = await asyncio.wait({self._task}, timeout=CLOSE_SECONDS)
            if not done:
                self._task.cancel()
                await asyncio.wait({self._task}, timeout=1)
        self.state = "closed" if self.state == "ready" else self.state

    async def _own(self, ready: asyncio.Future[Client]) -> None:
        """Hold the connection open until it is no longer wanted."""
        _silence()
        try:
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(START_SECONDS if self.vault is None or not self.vault.asking else 600):
                    spec = fill(self.spec, self.filler)
                    check_reach(spec, self.way)
                    client = await self._connect(stack, spec)
                    await self._first_listing(client, spec)
                self._client, self.state = client, "ready"
                if self._stale:
                    self._changed(self._stale)
                ready.set_result(client)
                await self._stop.wait()
        except TimeoutError:
            self._failed(ready, StalledError(f"mcp {self.spec.name}: did not start within {START_SECONDS:.0f} s"))
        except asyncio.CancelledError:
            ready.cancel()
            raise
        except BaseException as error:  # noqa: BLE001  whatever the SDK raises, groups of errors among it
            self._failed(ready, self._fault(error))
        finally:
            self._client = None
            if self.vault is not None:
                self.vault.close()

    async def _first_listing(self, client: Client, spec: ServerSpec) -> None:
        """Ask what is offered. A server may offer more once it has asked who its client is, and says so right away."""
        self._take(await read_listing(client, spec))
        tools = client.server_capabilities.tools
        if tools is not None and tools.list_changed:
            await asyncio.sleep(2 * _A_MOMENT)
            if self._stale:
                self._stale = ""
                self._take(await read_listing(client, spec))

    async def _connect(self, stack: AsyncExitStack, spec: ServerSpec) -> Client:
        """Return a client after its handshake; where the transport was a guess, the older one is tried next."""
        if spec.transport == "stdio":
            return await stack.enter_async_context(self._opened(spec, "stdio"))
        try:
            return await stack.enter_async_context(self._opened(spec, spec.transport))
        except Exception as error:
            other: Transport = "sse" if spec.transport == "http" else "http"
            if not spec.guessed or not _not_spoken(error):
                raise
            with suppress(Exception):
                return await stack.enter_async_context(self._opened(spec, other))
            raise

    @asynccontextmanager
    async def _opened(self, spec: ServerSpec, kind: Transport) -> AsyncGenerator[Client]:
        from mcp import Client, Implementation  # noqa: PLC0415  an extra, and half a second

        from rigcli import __version__  # noqa: PLC0415  as above

        if kind == "stdio":
            self._stderr = Stderr(self._log_soon())
            streams: Any = open_stdio(spec, self.way, self._stderr)
        else:
            auth = self.vault.provider(spec) if self.vault else None
            streams = open_http(spec, self.way, kind, auth)
        back = self._callbacks
        client = Client(
            streams,
            sampling_callback=back.sample,
            elicitation_callback=back.elicit,
            list_roots_callback=back.roots if self._callbacks.folders else None,
            logging_callback=back.log,
            message_handler=back.message,
            client_info=Implementation(name="rig", version=__version__),
        )
        try:
            async with client:
                yield client
        finally:
            if self._stderr is not None:
                self._stderr.close()

    def _take(self, listing: Listing) -> None:
        self.listing = listing
        self.on_listing(listing)

    def _changed(self, kind: str) -> None:
        """Ask again for what the server offers; what it says twice in a moment is asked once."""
        self._stale = kind
        if self._client is None or self._reads:
            return  # whoever is asking it now looks again
        task = asyncio.create_task(self._read_again())
        self._reads.add(task)
        task.add_done_callback(self._reads.discard)

    async def _read_again(self) -> None:
        while self._client is not None and (kind := self._stale):
            self._stale = ""
            await asyncio.sleep(_A_MOMENT)
            with suppress(Exception):
                async with asyncio.timeout(START_SECONDS):
                    self._take(await read_listing(self._client, self.spec))
                self.handlers.changed(self.spec.name, kind)

    def _failed(self, ready: asyncio.Future[Client], error: RigError) -> None:
        self.state = error.message
        if ready.done():
            return  # it was ready once: whoever calls next is told, by a new start
        ready.set_exception(error)
        ready.exception()  # asked for here: nobody may be waiting any more

    def _fault(self, error: BaseException) -> RigError:
        said = self._stderr.last[-1] if self._stderr and self._stderr.last else ""
        found = fault(error, self.spec, said)
        if isinstance(found, NetworkError) and self._task is not None and self._task.done():
            self.state = "gone"
        return found

    def _log_soon(self) -> Callable[[str], None]:
        loop = asyncio.get_running_loop()

        def tell(text: str) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self.handlers.log, self.spec.name, text)

        return tell

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def said(self) -> str:
        """What the server calls itself."""
        about = self.listing.server if self.listing else {}
        return plain(f"{about.get('title') or about.get('name') or ''} {about.get('version') or ''}".strip())


def _not_spoken(error: BaseException) -> bool:
    """Tell whether an error means that the server does not speak this transport: it answered 4xx to the first word."""
    text = str(error)
    inner = getattr(error, "exceptions", ())
    return any(code in text for code in ("404", "405", "406", "400", "415", "Method Not Allowed", "Not Found")) or any(
        _not_spoken(each) for each in inner
    )


def _pages(error: Exception) -> list[tuple[str, str]]:
    """Return the pages that a server wants its user to visit before it answers."""
    if getattr(error, "code", None) != _PAGE_FIRST:
        return []
    data: Any = getattr(error, "data", None)
    found: Any = cast("dict[str, Any]", data).get("elicitations") if isinstance(data, dict) else None
    pages = cast("list[dict[str, Any]]", found if isinstance(found, list) else [])
    return [(str(page.get("message", "")), str(page["url"])) for page in pages if page.get("url")]


def _silence() -> None:
    """Keep the SDK's own log lines off the terminal: they hold a server's words, unfiltered."""
    for name in ("mcp", "httpx2", "mcp_types"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
        logger.propagate = False
