"""What was used and what it cost: a line a model call, a file a month, in the state folder. No text, only counts."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rigcli.home.lock import acquire
from rigcli.home.paths import BINARY, CLOEXEC, NOFOLLOW, own_only, read_private, storage_error, write_all

_MONTH = "%Y-%m"


@dataclass(frozen=True, slots=True)
class Entry:
    """One model call; `day` is the user's own, tokens as the provider counted them, `cost_usd` None where unknown."""

    day: str
    time: str
    provider: str
    model: str
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    session: str | None = None


class Ledger:
    """The usage of one user. Nothing is made on disk before the first call is noted. `clock` gives Unix time."""

    def __init__(self, state: Path, clock: Any = time.time) -> None:
        self.folder = state / "usage"
        self._clock = clock

    def today(self) -> str:
        return time.strftime("%Y-%m-%d", time.localtime(self._clock()))

    def add(self, entry: Entry) -> None:
        """Append one call, in one write under a lock. Raises StorageError."""
        path = self.folder / f"{entry.day[:7]}.jsonl"
        data = json.dumps(asdict(entry), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
        with acquire(self.folder / ".lock", "the record of usage"):
            try:
                fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | NOFOLLOW | BINARY | CLOEXEC, 0o600)
            except OSError as error:
                raise storage_error(path, error) from None
            try:
                own_only(fd)
                write_all(fd, data)
            except OSError as error:
                raise storage_error(path, error) from None
            finally:
                os.close(fd)

    def note(self, provider: str, model: str, usage: Any, session: str | None) -> None:
        """Append a call that just ended; `usage` is a Usage with its cost. Raises StorageError."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._clock()))
        self.add(
            Entry(self.today(), now, provider, model, usage.input_tokens, usage.output_tokens, usage.cost_usd, session)
        )

    def entries(self, since: str = "") -> Iterator[Entry]:
        """Yield the calls since a day, oldest first; lines that cannot be read are passed over. Raises StorageError."""
        try:
            months = sorted(name for name in os.listdir(self.folder) if name.endswith(".jsonl"))  # noqa: PTH208  names only
        except FileNotFoundError:
            return
        except OSError as error:
            raise storage_error(self.folder, error) from None
        for name in months:
            if name[:7] >= since[:7]:
                for line in (read_private(self.folder / name, limit=1 << 30) or b"").splitlines():
                    if (entry := _read(line)) and entry.day >= since:
                        yield entry

    def spent_today(self) -> tuple[float, int]:
        """Return the cost of today's calls so far in US dollars, and how many calls have no known price."""
        costs = [entry.cost_usd for entry in self.entries(self.today())]
        return sum(cost for cost in costs if cost is not None), sum(cost is None for cost in costs)


def _read(line: bytes) -> Entry | None:
    try:
        entry = Entry(**json.loads(line))
    except (ValueError, TypeError, RecursionError):
        return None
    sound = isinstance(entry.day, str) and isinstance(entry.cost_usd, int | float | None)  # pyright: ignore[reportUnnecessaryIsInstance]  JSON may hold anything
    return entry if sound else None
