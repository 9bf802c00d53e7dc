"""time: what day and hour it is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from rigcli.core.ports import Tool, ToolError
from rigcli.tools.context import ToolContext
from rigcli.tools.decorator import tool
from rigcli.tools.traits import STAYS_HERE


def make(_: ToolContext) -> Tool:
    @tool(name="time", read_only=True, traits=STAYS_HERE)
    def now(zone: Annotated[str, "IANA time zone such as Europe/Berlin; the user's own if empty"] = "") -> str:
        """Tell the date, the time and the day of the week."""
        try:
            there = datetime.now(UTC).astimezone(ZoneInfo(zone) if zone else None)
        except (KeyError, ValueError, OSError):
            raise ToolError(f"zone {zone!r}: no such time zone; write it as in Europe/Berlin or UTC") from None
        return f"{there.isoformat(timespec='seconds')} ({there:%A}, {zone or there.tzname() or 'local time'})"

    return now
