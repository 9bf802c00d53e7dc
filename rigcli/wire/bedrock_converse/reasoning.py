"""How hard a model shall think: Converse has no word for it, so each family of models has its own fields.

Families are told by the model's name. Docs: the model parameters in the Bedrock user guide.
"""

from __future__ import annotations

import re

from rigcli.wire.claude import not_thinking
from rigcli.wire.outgoing import Draft, budget_of, effort_of
from rigcli.wire.shapes import Json

ROOM = 8192
"""Tokens left for the answer beside a thinking budget where the user capped nothing."""

_ADAPTIVE = r"claude-(opus-4-[6-9]|sonnet-4-[6-9]|(opus|sonnet|haiku)-[5-9]|mythos|fable)"
_BUDGET = r"claude-(3-7|opus-4|sonnet-4|haiku-4)"
_NOVA = r"nova-(2|[3-9]|premier-2)"
_EFFORT = r"gpt-oss|openai\.|deepseek\.v|qwen|kimi|minimax|glm"
_BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 32768, "max": 32768}
_OFF = ("none", "off", "false")
_FIELDS = {"temperature": "temperature", "top_p": "topP", "max_tokens": "maxTokens"}
_WHY = "Claude takes none while it thinks"


def think(row: Draft, config: Json) -> Json:
    """Return what goes into additionalModelRequestFields; `config` is the inferenceConfig, which may be raised."""
    effort = effort_of(row)
    if effort is None:
        return {}
    if effort.isdecimal() and not _takes_budget(row.model):
        row.leave_out("thinking_budget", "this model takes a reasoning_effort in words")
        return {}
    fields = _fields(row, config, effort)
    if fields is None:
        name = "reasoning_effort" if row.options.thinking_budget is None else "thinking_budget"
        row.notices.append(f"the option {name} was left out: this model has no such field that rig knows")
    return fields or {}


def _takes_budget(model: str) -> bool:
    return not re.search(_ADAPTIVE, model) and bool(re.search(_BUDGET, model))


def _fields(row: Draft, config: Json, effort: str) -> Json | None:
    model = row.model
    if re.search(_NOVA, model):
        return {"reasoningConfig": _nova(row, config, effort)}
    if re.search(_ADAPTIVE, model):
        if effort in _OFF:
            off = not_thinking(row)
            return {"thinking": off} if off else {}
        _leave_out(row, config, _WHY)
        return {"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}}
    if re.search(_BUDGET, model):
        return {} if effort in _OFF else _budget(row, config, effort)
    return {"reasoning_effort": effort} if re.search(_EFFORT, model) else None


def _nova(row: Draft, config: Json, effort: str) -> Json:
    if effort in _OFF:
        return {"type": "disabled"}
    if effort == "high":
        _leave_out(row, config, "this model takes none at high effort", "max_tokens")
    return {"type": "enabled", "maxReasoningEffort": effort}


def _budget(row: Draft, config: Json, effort: str) -> Json:
    budget = budget_of(row, effort, _BUDGETS)
    if budget is None:
        return {}
    if row.options.max_tokens is None:
        config["maxTokens"] = budget + ROOM
    _leave_out(row, config, _WHY)
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}


def _leave_out(row: Draft, config: Json, why: str, *more: str) -> None:
    for option in ("temperature", "top_p", *more):
        row.leave_out(option, why)
        config.pop(_FIELDS[option], None)
