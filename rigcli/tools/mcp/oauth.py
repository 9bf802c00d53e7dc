"""OAuth for servers that are reached by URL: the SDK's flow, tokens in rig's own store, the browser only on `login`.

What is kept of one server is one text: tokens, the registered client, when the token ends, and where a new one is had.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from rigcli.core.errors import AuthError
from rigcli.tools.mcp.loopback import Loopback
from rigcli.tools.mcp.spec import ServerSpec

if TYPE_CHECKING:
    import httpx2
    from mcp.client.auth import OAuthClientProvider
    from mcp.shared.auth import OAuthClientInformationFull, OAuthToken

_EARLY = 30.0
"""Seconds before its end when a token is renewed."""


class Keys(Protocol):
    """A store of secrets by name."""

    def get(self, name: str) -> str | None: ...
    def set(self, name: str, value: str) -> None: ...


@dataclass
class Vault:
    """The tokens of one server. With `show` its user is sent to a page to log in; without, stored tokens must do."""

    server: str
    keys: Keys
    show: Callable[[str], Awaitable[None]] | None = None
    client_metadata_url: str | None = None
    """The URL of a document that says who this client is, for servers that take such a URL as its id."""
    _kept: dict[str, Any] = field(default_factory=dict[str, Any])
    _provider: OAuthClientProvider | None = None
    _loopback: Loopback | None = None

    @property
    def asking(self) -> bool:
        return self.show is not None

    def provider(self, spec: ServerSpec) -> httpx2.Auth:
        """Return what authenticates the requests to a server. Raises AuthError later, where nobody may be asked."""
        from mcp.client.auth import OAuthClientProvider  # noqa: PLC0415  an extra
        from mcp.shared.auth import OAuthClientMetadata  # noqa: PLC0415  as above

        loopback = self._loopback = Loopback()
        redirect = loopback.open() if self.asking else "http://127.0.0.1/callback"

        async def send(url: str) -> None:
            if self.show is None:
                raise AuthError(f"mcp {self.server}: you are not logged in", hint=f"rig mcp login {self.server}")
            await loopback.start()
            await self.show(url)

        metadata = OAuthClientMetadata.model_validate(
            {
                "client_name": "rig",
                "redirect_uris": [redirect],
                "scope": " ".join(spec.oauth.scopes) or None,
                "token_endpoint_auth_method": None if spec.oauth.client_secret else "none",
            }
        )
        provider = OAuthClientProvider(
            spec.url, metadata, self, send, loopback.result, client_metadata_url=self.client_metadata_url
        )
        self._provider = provider
        self._load(spec, redirect)
        return provider

    def close(self) -> None:
        """Wait for no browser any more."""
        if self._loopback is not None:
            self._loopback.close()

    def _load(self, spec: ServerSpec, redirect: str) -> None:
        """Take up what was kept; a new login registers anew, because its address for the answer is a new one."""
        text = self.keys.get(key_name(self.server))
        self._kept = _unpacked(text) if text else {}
        if self._kept.get("url") not in (None, spec.url):
            self._kept = {}  # the tokens of another server
        if self.asking:
            self._kept.pop("client", None)
        if spec.oauth.client_id:
            secret = spec.oauth.client_secret
            self._kept["client"] = {
                "client_id": spec.oauth.client_id,
                "client_secret": secret,
                "redirect_uris": [redirect],
                "token_endpoint_auth_method": "client_secret_basic" if secret else "none",
            }
        self._kept["url"] = spec.url

    async def get_tokens(self) -> OAuthToken | None:
        from mcp.shared.auth import OAuthMetadata, OAuthToken  # noqa: PLC0415  as above

        context = self._provider.context if self._provider else None
        if context is None or "tokens" not in self._kept:
            return None
        if ends := self._kept.get("ends"):
            context.token_expiry_time = ends - _EARLY
        if metadata := self._kept.get("metadata"):  # where a new token is had
            context.oauth_metadata = OAuthMetadata.model_validate(metadata)
        return OAuthToken.model_validate(self._kept["tokens"])

    async def set_tokens(self, tokens: OAuthToken) -> None:
        context = self._provider.context if self._provider else None
        self._kept["tokens"] = tokens.model_dump(mode="json", exclude_none=True)
        self._kept["ends"] = time.time() + tokens.expires_in if tokens.expires_in else None
        if context is not None and context.oauth_metadata is not None:
            self._kept["metadata"] = context.oauth_metadata.model_dump(mode="json", exclude_none=True)
        self._save()

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        from mcp.shared.auth import OAuthClientInformationFull  # noqa: PLC0415  as above

        client = self._kept.get("client")
        return OAuthClientInformationFull.model_validate(client) if client else None

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self._kept["client"] = client_info.model_dump(mode="json", exclude_none=True)
        self._save()

    def _save(self) -> None:
        self.keys.set(key_name(self.server), _packed(self._kept))


def key_name(server: str) -> str:
    """Return the name under which the login of a server is kept."""
    return f"mcp/{server}/login"


def _packed(kept: dict[str, Any]) -> str:
    """Return it as one word, which is what a store of keys takes."""
    return base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()


def _unpacked(text: str) -> dict[str, Any]:
    try:
        value: Any = json.loads(base64.urlsafe_b64decode(text))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]  JSON
