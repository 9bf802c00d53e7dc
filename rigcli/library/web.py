"""The way of tools to the web: pages as text, and searches, by the settings (core.services.Web)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rigcli.core.errors import AuthError, ConfigError, ProviderError, RigError
from rigcli.core.ports import ToolError
from rigcli.core.services import Page, WebResult

if TYPE_CHECKING:
    from rigcli.home.secrets import Key
    from rigcli.home.settings import Settings
    from rigcli.net.fetch import Fetched
    from rigcli.tools.web.engines import Engine

SEARCH_SECONDS = 20.0
SEARCH_SIZE = 4 << 20


@dataclass(frozen=True, slots=True)
class WebAccess:
    """Fetch and search as the settings say; keys come from the environment, `key_cmd` or `rig keys set`."""

    settings: Settings
    env: Mapping[str, str] = field(repr=False)

    async def read(self, url: str) -> Page:
        """Return a page as text. Raises ToolError."""
        from rigcli.net.fetch import Fetcher
        from rigcli.net.vetting import Refused, Vetting

        get = self.settings.get
        names = ("allow_hosts", "deny_hosts", "private_hosts")
        vetting = Vetting(*(tuple(get(f"tools.fetch.{name}")) for name in names))
        fetcher = Fetcher(vetting, self.env, get("offline"), get("net.ca_file"), get("net.proxy"))
        try:
            fetched = await fetcher.fetch(url)
        except Refused as error:
            raise ToolError(f"not fetched: {error}") from None
        except RigError as error:
            raise ToolError(f"not fetched: {error.message}") from None
        from rigcli.tools.threads import in_thread

        return await in_thread(_readable, fetched)

    async def search(self, query: str, count: int) -> Sequence[WebResult]:
        """Return what the engine finds. Raises ToolError."""
        try:
            engine, key = self._engine()
            return await self._ask(engine, key, query, count)
        except RigError as error:
            raise ToolError(error.line()) from None

    def _engine(self) -> tuple[Engine, Key | None]:
        """Return the engine that the settings name, else the first that is ready. Raises ConfigError, AuthError."""
        from rigcli.tools.web.engines import engines

        known, own = engines(), self.settings.get("tools.web_search.url")
        if name := self.settings.get("tools.web_search.engine"):
            if name not in known:
                raise ConfigError(f"tools.web_search.engine: no engine {name!r}", hint=f"there are {', '.join(known)}")
            return known[name], self._key(known[name])
        for engine in known.values():
            if engine.key_env and self._has_key(engine) and all(self.env.get(v) for v in engine.needs.values()):
                return engine, self._key(engine)
        if own and (mine := next((each for each in known.values() if not each.url), None)):
            return mine, None
        raise AuthError(
            "web_search: no search engine is set up",
            hint=f"rig keys set ENGINE ({', '.join(e.name for e in known.values() if e.key_env)}), "
            "or a SearXNG server: rig config set tools.web_search.url URL",
        )

    def _has_key(self, engine: Engine) -> bool:
        from rigcli.home.secrets import KeyStore

        named = any(self.env.get(name, "").strip() for name in engine.key_env)
        stored = engine.name in KeyStore(self.settings.folders.data).places()
        return named or stored or bool(self.settings.get(f"keys.{engine.name}.key_cmd"))

    def _key(self, engine: Engine) -> Key | None:
        """RIG_API_KEY is a model provider's and never goes to a search engine."""
        from rigcli.home.secrets import find_key

        if missing := [name for name in engine.needs.values() if not self.env.get(name)]:
            raise ConfigError(f"web_search: {engine.title} needs {', '.join(missing)}", hint="set the variable")
        if not engine.key_env:
            return None
        env = {name: value for name, value in self.env.items() if name != "RIG_API_KEY"}
        if key := find_key(engine.name, engine.key_env, settings=self.settings, env=env):
            return key
        raise AuthError(
            f"web_search: no key for {engine.title}",
            hint=f"rig keys set {engine.name}, or set {engine.key_env[0]}; keys are made at {engine.key_url}",
        )

    async def _ask(self, engine: Engine, key: Key | None, query: str, count: int) -> list[WebResult]:
        from rigcli.core.requests import Prepared
        from rigcli.net.client import HttpTransport
        from rigcli.net.endpoint import Limits
        from rigcli.net.reach import endpoint
        from rigcli.tools.web.engines import read, request

        own = self.settings.get("tools.web_search.url") or ""
        if not (own or engine.url):
            raise ConfigError(
                f"web_search: which {engine.title} server?", hint="rig config set tools.web_search.url URL"
            )
        places = {name: self.env[variable] for name, variable in engine.needs.items()}
        asked = request(engine, query, count, key.value if key else None, places, own)
        door = endpoint(
            asked.url,
            f"web_search: {engine.name}",
            env=self.env,
            headers=asked.headers,
            ca_file=self.settings.get("net.ca_file"),
            proxy=self.settings.get("net.proxy"),
        )
        limits = Limits(SEARCH_SECONDS, SEARCH_SECONDS, SEARCH_SECONDS, SEARCH_SECONDS, SEARCH_SIZE)
        way = HttpTransport(door, limits, offline=self.settings.get("offline"))
        prepared = Prepared("", {}, method=asked.method, content=asked.content)
        async with way.open(prepared, stream=False) as answer:
            if answer.status in (401, 403):
                raise AuthError(f"web_search: {engine.title} refuses the key", hint=f"rig keys set {engine.name}")
            if answer.status != 200:  # noqa: PLR2004  nothing else has results
                raise ProviderError(f"web_search: {engine.title} answered {answer.status}", status=answer.status)
            return read(engine, b"".join([chunk async for chunk in answer.chunks()]), count)


def _readable(fetched: Fetched) -> Page:
    """Return what was fetched as text; what strangers wrote is parsed in a child process. Raises ToolError."""
    from rigcli.rag.loaders.child import ParserChild
    from rigcli.rag.loaders.document import LoadError
    from rigcli.rag.loaders.table import is_binary
    from rigcli.rag.loaders.text import decode

    data, kind = fetched.data, fetched.media_type.partition(";")[0].strip().lower()
    head = data[:1024]
    try:
        with ParserChild(seconds=30) as child:
            if head.startswith(b"%PDF-"):
                return Page(fetched.url, kind, child.parse("pdf", data).text)
            if kind.startswith(("image/", "audio/", "video/", "font/")) or is_binary(head):
                raise ToolError(f"not text: {kind or 'unknown kind'}, {len(data):,} bytes")
            if kind in ("text/html", "application/xhtml+xml") or (not kind and b"<html" in head.lower()):
                return Page(
                    fetched.url, kind, child.parse("page", _declared(data, fetched.media_type), fetched.url).text
                )
        return Page(fetched.url, kind, decode(data))
    except LoadError as error:
        raise ToolError(f"{kind or 'the page'} {error}") from None


def _declared(data: bytes, media_type: str) -> bytes:
    """Return a page in UTF-8 where the server named its encoding: that goes before what the page says itself."""
    name = media_type.lower().partition("charset=")[2].partition(";")[0].strip(" \"'")
    if not name or name == "utf-8":
        return data
    try:
        return b"\xef\xbb\xbf" + data.decode(name, "replace").encode()
    except LookupError:
        return data
