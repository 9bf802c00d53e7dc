"""The model where none is named: the first provider with a key, by rank, else a local server, else none.

`rig doctor` shows the same order, from the same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rigcli.home.local import local_servers, models_of
from rigcli.home.secrets import KeyStore
from rigcli.home.settings import Settings
from rigcli.providers.lookup import Choice, first_ready
from rigcli.providers.rows import ProviderRow, Rows


@dataclass(frozen=True, slots=True)
class Default:
    """The choice and the reason for it, fit for `rig doctor` and `--explain`."""

    choice: Choice
    why: str


def default_model(settings: Settings, rows: Rows, env: Mapping[str, str]) -> Default | None:
    """Return the model to use where neither a flag nor the setting `model` names one; None where there is none.

    RIG_API_KEY says nothing about whose key it is, so it makes no provider the default.
    """
    place = key_places(settings, env)
    if choice := first_ready(rows, lambda row: place(row) is not None):
        return Default(choice, f"first provider with a key: {choice.row.name}, from {place(choice.row)}")
    for server in () if settings.get("net.replay") else local_servers(rows, env):
        model = server.row.default_model or next(iter(models_of(server)), None)
        if model:
            return Default(Choice(server.row, model), f"local server: {server.row.title} on port {server.port}")
    return None


def key_places(settings: Settings, env: Mapping[str, str]) -> Callable[[ProviderRow], str | None]:
    """Return a function that says where a provider's own key would come from, or None; no key is read by it."""
    store = KeyStore(settings.folders.data)
    stored = {name: str(store.path) if at == "file" else at for name, at in store.places().items()}
    commands = settings.section("keys")

    def place(row: ProviderRow) -> str | None:
        for name in row.key_env:
            if env.get(name, "").strip():
                return name
        if row.name in commands:
            return "key_cmd"
        return stored.get(row.name)

    return place
