"""A recording in the place of the network: `Model("openai/gpt-5", transport=replay("answers.jsonl"))`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rigcli.core.ports import Transport


def replay(path: str | Path) -> Transport:
    """Return a transport that answers what `--record` (or RIG_NET_RECORD) kept, each exchange once.

    Raises ConfigError for a file that is no recording; asking raises UsageError where no recorded answer fits.
    """
    from rigcli.net.recording import ReplayDoor, load  # noqa: PLC0415  a test that replays nothing need not pay for it

    return ReplayDoor(load(Path(path)))
