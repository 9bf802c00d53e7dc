"""The embedder that a name stands for: the one in the package, or a provider's over its own HTTP door."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rigcli.core.ports import Embedder, Purpose
    from rigcli.home.settings import Settings
    from rigcli.library.beside import Helper
    from rigcli.rag.stores.local import LocalStore
    from rigcli.wire.embeddings import Embeddings, Input

SHIPPED = "minilm"
AIM = 64
"""Texts a request has at most: with fewer requests nothing would run side by side."""


def embedder_named(
    settings: Settings, env: Mapping[str, str], name: str, *, width: int = 0, purposes: bool = True
) -> Embedder:
    """Return the embedder of `minilm` or PROVIDER/MODEL. Raises UsageError, AuthError.

    `width` is what an index already holds; another width in an answer is an error. Without `purposes` the provider is
    not told what is a question and what is searched.
    """
    from rigcli.rag.embedders import minilm

    if name in (SHIPPED, minilm.IDENTITY):
        return minilm.MiniLM()
    return _remote(settings, env, name, width, purposes=purposes)


def embedder_for(settings: Settings, env: Mapping[str, str], store: LocalStore, wanted: str | None) -> Embedder:
    """Return the embedder of an index: the one it was made with, else the wanted or configured one.

    Raises ConfigError where the index was made with another one than is wanted or shipped now.
    """
    from rigcli.rag.embedders import minilm
    from rigcli.rag.search import check_embedder

    made_with: str | None = store.meta("embedder")
    name = wanted or made_with or settings.get("index.embedder") or SHIPPED
    if made_with and made_with.startswith(SHIPPED) and name == made_with:
        name = SHIPPED
    purposes = not made_with or bool(store.meta("purposes"))  # an index stays as it was begun
    width = int(store.meta("width", 0)) if name == made_with else 0
    embedder = embedder_named(settings, env, name, width=width, purposes=purposes)
    check_embedder(store, minilm.IDENTITY if name == SHIPPED else embedder.identity)
    return embedder


def _remote(settings: Settings, env: Mapping[str, str], name: str, width: int, *, purposes: bool) -> Embedder:
    from rigcli.library.beside import reach
    from rigcli.library.waiting import run
    from rigcli.rag.embedders.remote import RemoteEmbedder

    found = reach("embed", name, settings, env)

    def ask(texts: Sequence[str], purpose: Purpose) -> list[list[float]]:
        return run(_vectors(found, settings, texts, purpose if purposes else None))

    return RemoteEmbedder(found.choice.full_name, ask, width=width)


async def _vectors(
    found: Helper, settings: Settings, texts: Sequence[str], purpose: Purpose | None
) -> list[list[float]]:
    """Return the vectors of all texts, in requests of the size that the row says. Raises RigError."""
    from rigcli.engine.embed import batches, embed
    from rigcli.library.telemetry import embedding

    exchange = found.exchange(settings)

    async def ask(part: Sequence[Input]) -> Embeddings:
        prepared = found.wire.prepare(part, found.model, purpose=purpose)
        work = exchange.json(prepared, found.wire.read_error, lambda body: found.wire.read(body, len(part)))
        return await embedding(settings, found, found.env, work)

    async def parts() -> AsyncIterator[list[Input]]:
        for part in batches(texts, found.batching(AIM)):
            yield part

    return [vector async for made in embed(parts(), ask) for vector in made.vectors]
