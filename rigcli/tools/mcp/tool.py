"""A tool of a server, as the agent loop knows tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rigcli.core.errors import RigError
from rigcli.core.ports import ToolError, Traits
from rigcli.core.progress import listener
from rigcli.core.requests import ToolSpec
from rigcli.schemas import Validator, fitting
from rigcli.tools.mcp.asks import ElicitAsk, PagesToVisit
from rigcli.tools.mcp.definition import described, digest, plain, schema_of
from rigcli.tools.mcp.results import result_text
from rigcli.tools.mcp.tasks import call_as_task

if TYPE_CHECKING:
    from mcp import Client

    from rigcli.tools.mcp.client import Connection


@dataclass
class McpTool:
    """One tool: `definition` is what the server said of it when it was offered; a call holds it to that.

    It may write and starts at "ask", whatever the server claims. `seconds` is no limit: a call keeps its own time.
    """

    full_name: str
    definition: dict[str, Any]
    connection: Connection
    seconds: float = float("inf")
    read_only: bool = False
    spec: ToolSpec = field(init=False)
    _validator: Validator | None = None

    def __post_init__(self) -> None:
        self.spec = ToolSpec(self.full_name, described(self.definition), schema_of(self.definition))

    @property
    def traits(self) -> Traits:
        server = self.connection.spec
        return Traits(sends=server.sends, private=server.private, untrusted=True)

    def check(self, arguments: dict[str, Any]) -> None:
        """Raise ToolError where the arguments do not fit the schema, in words for the model."""
        if self._validator is None:
            schema: Any = self.definition.get("inputSchema") or {}
            self._validator = fitting(schema) or fitting({})  # what is no schema checks nothing: the server itself will
        if self._validator and (errors := self._validator.errors(arguments)):
            raise ToolError(f"the arguments do not fit: {plain('; '.join(errors))[:1000]}")

    async def run(self, arguments: dict[str, Any]) -> str:
        """Call it and return its result as text. Raises ToolError for its failures and those of its server."""
        try:
            live = (await self.connection.listed()).tool(self.definition["name"])
            if live is not None and digest(live) != digest(self.definition):
                raise ToolError(
                    f"the definition of {self.full_name} changed while it was in use; it is off until the user looks "
                    f"at it: rig mcp show {self.connection.name}"
                )
            result = await self._call(arguments, listener.get())
        except RigError as error:
            raise ToolError(error.message) from None
        text = result_text(result.content, result.structured_content)
        if result.is_error:
            raise ToolError(text or "the tool failed and did not say why")
        return text

    async def _call(self, arguments: dict[str, Any], tell: Callable[[str], None]) -> Any:
        name = self.definition["name"]
        execution: dict[str, Any] = self.definition.get("execution") or {}
        support = execution.get("taskSupport")

        async def report(progress: float, total: float | None, message: str | None) -> None:
            share = f"{progress:g} of {total:g}" if total else f"{progress:g}"
            tell(plain(f"{message} ({share})" if message else share))

        async def work(client: Client) -> Any:
            if support == "required":
                return await call_as_task(client.session, name, arguments, lambda text: tell(plain(text)))
            return await client.call_tool(name, arguments, progress_callback=report)

        try:
            return await self.connection.request(work)
        except PagesToVisit as pages:
            await self._visit(pages)
            return await self.connection.request(work)

    async def _visit(self, pages: PagesToVisit) -> None:
        """Ask the user to open the pages that the server wants to be seen before the call."""
        for message, url in pages.pages:
            ask = ElicitAsk(self.connection.name, plain(message), url=url)
            if (await self.connection.handlers.elicit(ask)).action != "accept":
                raise ToolError(f"the server wants a page to be visited first, and the user declined: {plain(url)}")
