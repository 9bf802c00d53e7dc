"""Tool schemas and calls of the Berkeley function-calling set: through every wire, and out again as the truth has them."""

from __future__ import annotations

import asyncio
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rigcli.core.events import ToolCall
from rigcli.core.messages import user
from rigcli.core.requests import Request, ToolSpec
from rigcli.engine.agent import Desk, Limits, RunState, run
from rigcli.testing import ScriptedModel
from rigcli.wire import WIRES, load_wire
from rigcli.wire.tool_calls import names_back, wire_name

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
SCHEMA_FIELDS = ("parameters", "input_schema", "parametersJsonSchema", "json")
"""Where the wires put the schema of a tool."""

FAULTS: dict[str, str] = {
    "parallel_multiple_94": 'elements[0]: "apple" is not of type "integer"',
    "live_simple_141-94-0": 'unit: "N/A" is not one of "seconds" or "milliseconds"',
    "live_simple_143-95-0": 'unit: "N/A" is not one of "seconds" or "milliseconds"',
    "live_simple_145-95-2": 'unit: "N/A" is not one of "seconds" or "milliseconds"',
    "live_simple_150-95-7": 'unit: "N/A" is not one of "seconds" or "milliseconds"',
    "live_simple_151-95-8": 'unit: "N/A" is not one of "seconds" or "milliseconds"',
    "live_simple_152-95-9": 'unit: "N/A" is not one of "seconds" or "milliseconds"',
    "live_simple_154-95-11": 'unit: "N/A" is not one of "seconds" or "milliseconds"',
    "live_simple_155-95-12": 'unit: "N/A" is not one of "seconds" or "milliseconds"',
    "live_simple_158-95-15": 'unit: "N/A" is not one of "seconds" or "milliseconds"',
    "live_simple_160-95-17": 'unit: "N/A" is not one of "seconds" or "milliseconds"',
    "live_multiple_146-58-0": 'metrics: [] is not one of "temperature", "humidity" or 4 other candidates',
    "live_multiple_152-58-6": 'metrics: ["temperature","humidity"] is not one of "temperature", "humidity" or 4 other candidates',
    "live_multiple_155-58-9": 'metrics: [] is not one of "temperature", "humidity" or 4 other candidates',
    "live_multiple_190-84-0": 'trophy: "all levels" is not one of "bronze", "silver" or 2 other candidates',
    "live_multiple_302-131-1": 'smoking_allowed: false is not of type "string"',
    "live_multiple_306-131-5": 'smoking_allowed: false is not of type "string"',
    "live_multiple_338-133-2": 'year: "dontcare" is not of type "integer"',
    "live_multiple_342-133-6": 'year: "dontcare" is not of type "integer"',
    "live_multiple_343-133-7": 'year: "dontcare" is not of type "integer"',
    "live_multiple_345-133-9": 'year: "dontcare" is not of type "integer"',
    "live_multiple_352-133-16": 'year: "dontcare" is not of type "integer"',
}
"""The 22 of 973 cases whose own truth does not fit their own schema (words outside an enum, lists in its place), and how."""


@cache
def cases(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        pytest.skip(f"no cases at {path}")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


@pytest.fixture
def rows(shared: Path) -> list[dict[str, Any]]:
    return cases(shared / "evals" / "bfcl" / "cases.jsonl")


def specs(row: dict[str, Any]) -> tuple[ToolSpec, ...]:
    return tuple(ToolSpec(each["name"], each["description"], each["parameters"]) for each in row["tools"])


def truth(row: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the first call that each entry of the truth allows: "" means that an argument may be left out."""
    return [(name, chosen(values)) for each in row["ground_truth"] or () for name, values in each.items()]


def chosen(values: dict[str, Any]) -> dict[str, Any]:
    """Return an allowed value for each argument; one that may be left out and has no other value than null is."""
    out: dict[str, Any] = {}
    for name, allowed in values.items():
        said = [one for one in allowed if one != ""]
        if "" in allowed:
            said = [one for one in said if one is not None]
        if said or "" not in allowed:
            out[name] = plain(said[0]) if said else allowed
    return out


def plain(value: Any) -> Any:
    """Objects inside the truth list what each of their fields may be, too."""
    if isinstance(value, dict) and value and all(isinstance(item, list) for item in value.values()):
        return chosen(value)
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("wire", sorted(WIRES))
def test_every_schema_survives_every_wire(rows: list[dict[str, Any]], wire: str):
    """The schema that is sent holds all that the declared one does, under a name that every provider takes."""
    for row in rows:
        tools = specs(row)
        body = load_wire(wire).prepare(Request("m", (user("?"),), tools, stream=False)).body
        found = sent(body)
        assert [name for name, _ in found] == [
            each.name if wire == "ollama" else wire_name(each.name) for each in tools
        ]
        assert wire == "ollama" or all(NAME.fullmatch(name) for name, _ in found)
        for tool, (_, schema) in zip(tools, found, strict=True):
            assert schema == tool.parameters or not tool.parameters.get("properties"), row["id"]


def sent(body: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return name and schema of each tool of a body, whatever the wire."""
    listed = body.get("tools") or body["toolConfig"]["tools"]
    listed = listed[0].get("functionDeclarations", listed)
    flat = [each.get("function") or each.get("toolSpec") or each for each in listed]
    return [(each["name"], schema_of(each)) for each in flat]


def schema_of(tool: dict[str, Any]) -> Any:
    if "inputSchema" in tool:
        return tool["inputSchema"]["json"]
    return next((tool[name] for name in SCHEMA_FIELDS if name in tool), None)


def test_the_names_of_one_request_stay_apart_and_come_back(rows: list[dict[str, Any]]):
    for row in rows:
        tools = specs(row)
        coded = [wire_name(each.name) for each in tools]
        assert len(set(coded)) == len({each.name for each in tools})
        back = names_back(Request("m", (), tools))
        assert [back.get(name, name) for name in coded] == [each.name for each in tools]


def test_the_truth_leads_to_exactly_its_calls_validated(rows: list[dict[str, Any]]):
    """A model that says the truth: each call is reported as it is; only those of a faulty case do not fit."""
    wrong: dict[str, str] = {}
    for row in rows:
        calls = truth(row)
        said = [ToolCall(f"c{n}", name, json.dumps(values)) for n, (name, values) in enumerate(calls)]
        model = ScriptedModel([*said] if said else "I cannot.")
        told: list[Any] = asyncio.run(play(row, model))
        made = [(each.name, json.loads(each.arguments)) for each in told if isinstance(each, ToolCall)]
        assert made == calls, row["id"]
        if problems := [each.error for each in told if each.type == "tool_result"]:
            wrong[row["id"]] = str(problems[0]).removeprefix("the arguments do not fit: ").split("; ")[0]
    assert wrong == FAULTS


async def play(row: dict[str, Any], model: ScriptedModel) -> list[Any]:
    request = Request("m", (), specs(row))
    state = RunState(messages=[user(row["messages"][-1]["content"])])
    desk = Desk(lambda *_: None, limits=Limits(max_turns=25))  # pyright: ignore[reportArgumentType]  nothing is decided
    return [event async for event in run(state, request, model, (), desk)]
