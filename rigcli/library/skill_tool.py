"""`use_skill`: the model sees names and descriptions of skills, and reads one when it needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rigcli.core.errors import ConfigError
from rigcli.core.ports import ToolError, Traits
from rigcli.core.requests import ToolSpec
from rigcli.core.text_filter import clean
from rigcli.home.skills import Skill
from rigcli.tools.traits import STAYS_HERE

NAME = "use_skill"


class UseSkill:
    """The tool. What it returns is filtered: no invisible characters come from a skill's text."""

    read_only = True

    def __init__(self, skills: Mapping[str, Skill]) -> None:
        self._skills = skills

    @property
    def traits(self) -> Traits:
        return STAYS_HERE

    @property
    def spec(self) -> ToolSpec:
        known = "\n".join(f"- {skill.name}: {clean(skill.description)}" for skill in self._skills.values())
        return ToolSpec(
            NAME,
            "Read how something is done here, before you do it. The skills are:\n" + (known or "(none)"),
            {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "enum": list(self._skills), "description": "The skill."},
                    "part": {"type": "string", "description": "A file that the skill names; without it the skill."},
                },
                "required": ["name"],
                "additionalProperties": False,
            },
        )

    def check(self, arguments: dict[str, Any]) -> None:
        """Raise ToolError for a skill that is not there."""
        if arguments.get("name") not in self._skills:
            raise ToolError(f"invalid arguments: name: must be one of {', '.join(self._skills) or 'none'}")
        if not isinstance(arguments.get("part") or "", str) or arguments.keys() - {"name", "part"}:
            raise ToolError("invalid arguments: part: must be a text, and there is no other argument")

    async def run(self, arguments: dict[str, Any]) -> str:
        """Return the skill's text and the names of its files, or one of these. Raises ToolError."""
        self.check(arguments)
        skill = self._skills[arguments["name"]]
        if file := arguments.get("part"):
            try:
                return clean(skill.text(file))
            except ConfigError as error:
                raise ToolError(error.message) from None
        files = f"\n\n[files of this skill: {', '.join(skill.files)}]" if skill.files else ""
        return clean(skill.body + files)
