"""JSON Schema: what a model must write, said and checked. Below every room that has arguments or answers to check."""

from __future__ import annotations

from rigcli.schemas.validate import Validator, fitting

__all__ = ["Validator", "fitting"]
