"""Pictures from a provider: the requests that a wish takes, and the bytes of what comes, wherever they were put."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rigcli.core.errors import ProviderError, RigError
from rigcli.core.pictures import dimensions, media_type
from rigcli.core.usage import Usage
from rigcli.engine.reading import decode, read_all

if TYPE_CHECKING:
    from rigcli.core.ports import Answer
    from rigcli.core.requests import Prepared
    from rigcli.engine.exchange import Exchange
    from rigcli.home.settings import Settings
    from rigcli.library.beside import Helper, Told
    from rigcli.net.download import Downloads
    from rigcli.wire.images import Asked, Picture, Pictures


@dataclass(frozen=True, slots=True)
class Made:
    """A picture with its bytes; width and height are None where the bytes do not say them (SVG)."""

    data: bytes
    mime: str
    width: int | None = None
    height: int | None = None
    revised_prompt: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request brought; `withheld` are a filter's words for pictures that it kept back.

    `error` is why a picture could not be had: those that came are paid for, and are here.
    """

    pictures: tuple[Made, ...]
    usage: Usage
    withheld: tuple[str, ...] = ()
    error: RigError | None = None


class Maker:
    """Asks one model for pictures. `told` hears of each retry."""

    def __init__(self, found: Helper, settings: Settings, told: Told | None = None) -> None:
        self._found = found
        self._exchange: Exchange = found.exchange(settings, told) if told else found.exchange(settings)
        self._downloads = _downloads(found, settings)

    def requests(self, asked: Asked) -> list[Prepared]:
        """Return the requests for these pictures: each asks for as many as the server makes at once.

        Raises UsageError.
        """
        at_once = max(1, self._found.wire.at_once)
        counts = [min(at_once, asked.count - begun) for begun in range(0, asked.count, at_once)]
        return [self._found.wire.prepare(replace(asked, count=count)) for count in counts]

    async def send(self, prepared: Prepared) -> Batch:
        """Return the pictures of one request. Raises RigError where none was made: a refusal is a ProviderError."""
        wire = self._found.wire

        async def whole() -> Pictures:
            async with self._exchange.answer(prepared, wire.read_error) as answer:
                return self._read(answer, await read_all(answer))

        came: Pictures = await self._exchange.again(whole)
        pictures: list[Made] = []
        error: RigError | None = None
        for picture in came.images:
            try:
                pictures.append(await self._made(picture))
            except RigError as failed:
                error = error or failed
        return Batch(tuple(pictures), self._found.price(came.usage), came.withheld, error)

    def _read(self, answer: Answer, data: bytes) -> Pictures:
        from rigcli.wire.images import Picture, Pictures

        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind.startswith("image/") or media_type(data) in _RASTER:
            return Pictures((Picture(data),))
        return self._found.wire.read(decode(data))

    async def _made(self, picture: Picture) -> Made:
        data = picture.data
        if data is None:
            url = picture.url or ""

            async def fetch() -> tuple[str, bytes]:
                return await self._downloads.fetch(url)

            _, data = await self._exchange.again(fetch)
        mime = media_type(data or b"")
        if data is None or mime is None:
            raise ProviderError(
                f"{self._found.provider}: what came is no picture that rig knows",
                hint="is this a model that makes pictures?",
            )
        width, height = dimensions(data) or (None, None)
        return Made(data, mime, width, height, picture.revised_prompt)


_RASTER = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif")


def _downloads(found: Helper, settings: Settings) -> Downloads:
    from rigcli.library.reach import ENDLESS, taped
    from rigcli.net.download import Downloads
    from rigcli.net.endpoint import Limits

    total = settings.get("net.timeout") or ENDLESS
    limits = Limits(
        connect=settings.get("net.connect_timeout") or ENDLESS,
        idle=settings.get("net.idle_timeout") or ENDLESS,
        whole=total,
        total=total,
        body=int(settings.get("net.max_response_mb") * 1024 * 1024),
    )
    env: Mapping[str, str] = found.env
    return Downloads(
        found.provider,
        limits,
        env,
        local=found.access.local,
        offline=settings.get("offline"),
        ca_file=settings.get("net.ca_file"),
        proxy=settings.get("net.proxy"),
        through=lambda door: taped(door, settings),
    )
