"""The JSON-Schema-Test-Suite: every required test of draft 7 and 2020-12, with what it refers to from memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rigcli.schemas import Validator

DIALECTS = {"draft7": "http://json-schema.org/draft-07/schema#", "draft2020-12": None}


@pytest.mark.parametrize(("draft", "least"), [("draft7", 927), ("draft2020-12", 1299)])
def test_every_required_test_passes(shared: Path, draft: str, least: int):
    folder = shared / "evals" / "json_schema_suite"
    if not folder.is_dir():
        pytest.skip(f"no suite at {folder}")
    remotes = {
        f"http://localhost:1234/{name}": body
        for name, body in json.loads((folder / "remotes.json").read_text(encoding="utf-8")).items()
    }
    rows = [json.loads(line) for line in (folder / f"{draft}.jsonl").read_text(encoding="utf-8").split("\n") if line]
    wrong = [
        f"{row['file']}: {row['case']}: {test['description']}"
        for row in rows
        if not row["optional"]
        for validator in [Validator(in_draft(row["schema"], draft), formats=False, remotes=remotes)]
        for test in row["tests"]
        if (not validator.errors(test["data"])) is not test["valid"]
    ]
    assert wrong == []
    assert sum(len(row["tests"]) for row in rows if not row["optional"]) >= least


@pytest.mark.parametrize("draft", ["draft7", "draft2020-12"])
def test_formats_are_checked_as_the_optional_tests_want(shared: Path, draft: str):
    folder = shared / "evals" / "json_schema_suite"
    if not folder.is_dir():
        pytest.skip(f"no suite at {folder}")
    rows = [json.loads(line) for line in (folder / f"{draft}.jsonl").read_text(encoding="utf-8").split("\n") if line]
    wrong = [
        f"{row['file']}: {row['case']}: {test['description']}"
        for row in rows
        if row["optional"] and "format/" in row["file"]
        for validator in [Validator(in_draft(row["schema"], draft))]
        for test in row["tests"]
        if (not validator.errors(test["data"])) is not test["valid"]
    ]
    assert wrong == []


def in_draft(schema: Any, draft: str) -> Any:
    """The suite's folders say the draft where its schemas do not."""
    dialect = DIALECTS[draft]
    return {"$schema": dialect, **schema} if dialect and isinstance(schema, dict) else schema
