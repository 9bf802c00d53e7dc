"""What is asked for and what comes back, the same for every format of pictures."""

from __future__ import annotations

from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rigcli.core.errors import ProviderError, UsageError
from rigcli.core.usage import Usage
from rigcli.wire import failures
from rigcli.wire.images.sizes import Size


@dataclass(frozen=True, slots=True)
class Source:
    """A picture that is to be changed, or that shows what is meant."""

    data: bytes
    media_type: str
    name: str

    @property
    def base64(self) -> str:
        return b2a_base64(self.data, newline=False).decode("ascii")

    @property
    def url(self) -> str:
        return f"data:{self.media_type};base64,{self.base64}"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `images` are pictures to start from, `mask` says where; `extra` goes into the body as it is."""

    prompt: str
    model: str
    count: int = 1
    size: Size | None = None
    quality: str | None = None
    images: tuple[Source, ...] = ()
    mask: Source | None = None
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its bytes, or the address where the provider keeps it for a while."""

    data: bytes | None = None
    url: str | None = None
    revised_prompt: str | None = None


@dataclass(frozen=True, slots=True)
class Pictures:
    """What came. `withheld` are a filter's words for pictures that it kept back while others came."""

    images: tuple[Picture, ...]
    usage: Usage = field(default_factory=Usage)
    withheld: tuple[str, ...] = ()


def picture_of(value: str, revised_prompt: str | None = None) -> Picture:
    """Return the picture of an address, a data URL or base64. Raises ProviderError for what is none of them."""
    if value.startswith(("https://", "http://")):
        return Picture(url=value, revised_prompt=revised_prompt)
    text = value.partition(",")[2] if value.startswith("data:") else value
    try:
        data = a2b_base64(text)
    except (Base64Error, ValueError):
        raise failures.unreadable("a picture that is no base64") from None
    if not data:
        raise failures.unreadable("a picture without bytes")
    return Picture(data, revised_prompt=revised_prompt)


def refused(why: str) -> ProviderError:
    """Return the error for a prompt, or pictures, that a filter kept back."""
    return ProviderError(f"the provider refused to make this picture: {why}", hint="say it in other words")


def no_edit(what: str = "a picture to start from (-f)") -> UsageError:
    """Return the error for pictures that are handed to a server that takes none."""
    return UsageError(f"{what}: rig knows no way to hand it to this server", hint="leave it out, or choose another")
