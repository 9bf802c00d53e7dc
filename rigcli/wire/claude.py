"""What Claude's generations refuse, through whichever door they are asked. Models are told by their names.

Docs: platform.claude.com, the migration guide and the page on adaptive thinking.
"""

from __future__ import annotations

import re

from rigcli.core.requests import Request
from rigcli.wire.outgoing import Draft

NO_SAMPLING_MODELS = r"claude-(((opus|sonnet|haiku)-4[-.]([7-9]|\d\d)(?!\d))|(opus|sonnet|haiku)-[5-9]|mythos|fable)"
"""Models that answer 400 where temperature or top_p is not the default."""

_THINK_UNASKED = r"claude-(opus|sonnet|haiku)-[5-9]"
_ALWAYS_THINK = r"claude-(mythos|fable)"


def leave_out_sampling(row: Draft, request: Request) -> None:
    """Drop temperature and top_p, with notices, for a model that refuses them (quirk `no_sampling_models`)."""
    models = str(request.quirks.get("no_sampling_models", NO_SAMPLING_MODELS))
    if models and re.search(models, row.model):
        row.leave_out("temperature", "this model takes none")
        row.leave_out("top_p", "this model takes none")


def not_thinking(row: Draft) -> dict[str, str] | None:
    """Return the field `thinking` that turns it off; None where the model does not think unless it is asked to."""
    if re.search(_ALWAYS_THINK, row.model):
        row.notices.append("reasoning_effort none was left out: this model always thinks")
        return None
    return {"type": "disabled"} if re.search(_THINK_UNASKED, row.model) else None
