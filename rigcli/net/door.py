"""What every door to a provider has, whatever is behind it: the network, a recording, or both."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from rigcli.core.ports import Transport
from rigcli.net.endpoint import Endpoint, Limits


class Door(Transport, Protocol):
    """A Transport that knows where it leads."""

    @property
    def endpoint(self) -> Endpoint: ...
    @endpoint.setter
    def endpoint(self, value: Endpoint, /) -> None: ...
    @property
    def limits(self) -> Limits: ...
    @limits.setter
    def limits(self, value: Limits, /) -> None: ...

    def within(self, seconds: float) -> Door:
        """Return the same door with no more than these seconds for an exchange."""
        ...


def as_it_is(door: Door) -> Door:
    """Put nothing between the program and the network."""
    return door


Inner = TypeVar("Inner", bound=Door)


class OuterDoor(Generic[Inner]):
    """A door before another one: its endpoint and limits are those of the inner door."""

    _inner: Inner

    @property
    def endpoint(self) -> Endpoint:
        return self._inner.endpoint

    @endpoint.setter
    def endpoint(self, value: Endpoint) -> None:
        self._inner.endpoint = value

    @property
    def limits(self) -> Limits:
        return self._inner.limits

    @limits.setter
    def limits(self, value: Limits) -> None:
        self._inner.limits = value
