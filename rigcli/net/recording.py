"""Doors that keep what goes through them, and doors behind which only a recording is: --record and --replay."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rigcli.core.errors import ConfigError, NetworkError, RigError, StorageError
from rigcli.core.ports import Answer
from rigcli.core.requests import Prepared
from rigcli.net import tape
from rigcli.net.door import Door, OuterDoor
from rigcli.net.endpoint import Endpoint, Limits
from rigcli.net.redact import redact_text, redact_url, secrets_of

STOPPED = "the recording was stopped here"
LARGEST = 1 << 30
"""Bytes of a recording that is read."""


class Recorder:
    """A recording that is being written: one line an exchange, mode 0600. One that exists is added to.

    Raises UsageError for a file that is no recording, StorageError where it cannot be written: before anything is sent.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        try:
            fd = os.open(path, flags, 0o600)
            try:
                self._begin(fd)
            finally:
                os.close(fd)
        except OSError as error:
            raise self._failed(error) from None

    def keep(self, exchanged: tape.Exchanged) -> None:
        """Append one exchange. Raises StorageError."""
        try:
            with self._path.open("ab") as file:
                file.write(tape.line(exchanged))
        except OSError as error:
            raise self._failed(error) from None

    def _begin(self, fd: int) -> None:
        if not os.fstat(fd).st_size:
            os.write(fd, (tape.json.dumps(tape.HEAD) + "\n").encode())
        elif not tape.is_head(os.read(fd, 200).partition(b"\n")[0]):
            raise ConfigError(
                f"--record {self._path}: the file exists and is no recording; nothing is written over it",
                hint="name another",
            )
        if os.name == "posix":
            os.fchmod(fd, 0o600)

    def _failed(self, error: OSError) -> StorageError:
        hint = "name a file in a folder that is there and yours to write"
        return StorageError(f"--record {self._path}: {(error.strerror or str(error)).lower()}", hint=hint)


def load(path: Path) -> tape.Tape:
    """Return a recording to be played. Raises ConfigError (missing, unreadable, no recording)."""
    name = f"--replay {path}"
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST)
    except OSError as error:
        raise ConfigError(
            f"{name}: {(error.strerror or str(error)).lower()}", hint="make one with --record FILE"
        ) from None
    return tape.Tape(tape.read(data, name), name)


class RecordingDoor(OuterDoor[Door]):
    """A door that keeps every exchange which got an answer, whole or broken off."""

    def __init__(self, inner: Door, recorder: Recorder) -> None:
        self._inner = inner
        self._recorder = recorder

    def within(self, seconds: float) -> Door:
        return RecordingDoor(self._inner.within(seconds), self._recorder)

    @asynccontextmanager
    async def open(self, prepared: Prepared, *, stream: bool, left: float | None = None) -> AsyncGenerator[Answer]:
        """As HttpTransport.open; StorageError where the exchange cannot be kept."""
        url, secrets = self.endpoint.url(prepared.path), secrets_of(self.endpoint)
        asked = tape.asked(prepared, url, secrets)
        kept = tape.Exchanged(asked.method, asked.path, redact_url(url, secrets), asked.body)
        async with self._inner.open(prepared, stream=stream, left=left) as answer:
            heard = _Heard(answer, lambda text: redact_text(text, secrets))
            try:
                yield heard
            finally:
                kept.status, kept.retry_after = answer.status, answer.retry_after
                kept.headers = tape.kept_headers(answer.headers, secrets)
                kept.pieces, kept.broken = tape.kept_pieces(heard.pieces, secrets), heard.broken
                self._recorder.keep(kept)


class _Heard:
    """An answer whose pieces are kept as they pass."""

    def __init__(self, answer: Answer, redact: Callable[[str], str]) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self.retry_after = answer.retry_after
        self.pieces: list[bytes] = []
        self.broken: str | None = STOPPED
        self._answer = answer
        self._redact = redact

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._answer.chunks():
                self.pieces.append(piece)
                yield piece
        except RigError as error:
            self.broken = self._redact(error.message)
            raise
        self.broken = None


class ReplayDoor:
    """A door behind which there is no network. `endpoint` is where the questions would have gone; None: anywhere."""

    def __init__(self, played: tape.Tape, endpoint: Endpoint | None = None) -> None:
        self._tape = played
        self._rooted = endpoint is not None
        self.endpoint = endpoint or Endpoint("http://localhost")
        self.limits = Limits()

    def within(self, seconds: float) -> Door:
        _ = seconds  # nothing is waited for
        return ReplayDoor(self._tape, self.endpoint if self._rooted else None)

    @asynccontextmanager
    async def open(self, prepared: Prepared, *, stream: bool, left: float | None = None) -> AsyncGenerator[Answer]:
        """Yield the recorded answer. Raises UsageError where none fits, NetworkError where it broke off."""
        _ = stream, left
        secrets = secrets_of(self.endpoint) if self._rooted else ()
        asked = tape.asked(prepared, self.endpoint.url(prepared.path), secrets)
        yield _Played(self._tape.take(asked, rooted=self._rooted))


class _Played:
    """A recorded answer (core.ports.Answer)."""

    def __init__(self, exchanged: tape.Exchanged) -> None:
        self.status = exchanged.status
        self.headers = exchanged.headers
        self.retry_after = exchanged.retry_after
        self._exchanged = exchanged

    async def chunks(self) -> AsyncIterator[bytes]:
        for piece in self._exchanged.chunks():
            yield piece
        if self._exchanged.broken:
            raise NetworkError(f"recorded: {self._exchanged.broken}")


def door_of(inner: Door, held: dict[str, Any], record: str | None, replay: str | None) -> Door:
    """Return the door as the user wants it. `held` lives as long as the run: all its doors share one recording.

    Raises ConfigError (both, or a file that cannot be used), StorageError.
    """
    if record and replay:
        raise ConfigError("--record and --replay: one or the other", hint="leave one out")
    if replay:
        played = held.setdefault("replay", None) or load(Path(replay).expanduser())
        held["replay"] = played
        return ReplayDoor(played, inner.endpoint)
    if record:
        recorder = held.setdefault("record", None) or Recorder(Path(record).expanduser())
        held["record"] = recorder
        return RecordingDoor(inner, recorder)
    return inner
