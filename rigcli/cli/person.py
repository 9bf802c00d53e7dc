"""The person at the terminal, as the tool ask_user meets them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from rigcli.cli.flag_table import ModelFlags
from rigcli.cli.world import World
from rigcli.core.text_filter import clean

if TYPE_CHECKING:
    from rigcli.cli.talk import Talk


@dataclass
class AtTerminal:
    """Asks one question at a time (core.services.Person)."""

    world: World
    keys: Literal["emacs", "vi"]
    one: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(self, question: str, choices: Sequence[str]) -> str | None:
        """Return what was typed, a number being the choice of that number. Ctrl-C and Ctrl-D are no answer."""
        from prompt_toolkit.output import create_output

        from rigcli.ui.prompt import read_line
        from rigcli.ui.terminal import drop_typed_ahead

        async with self.one:
            listed = [f"  {number}. {_line(choice)}" for number, choice in enumerate(choices, 1)]
            self.world.stderr.write("\n".join(["", f"? {_line(question)}", *listed, ""]))
            self.world.stderr.flush()
            drop_typed_ahead(self.world.stdin.fileno())
            try:
                answer = await read_line("your answer: ", output=create_output(self.world.stderr), keys=self.keys)
            except (EOFError, KeyboardInterrupt):  # the latter would not leave this task in one piece
                return ""
        number = answer.strip()
        return choices[int(number) - 1] if number.isdecimal() and 0 < int(number) <= len(choices) else answer


def person(world: World, talk: Talk, flags: ModelFlags) -> AtTerminal | None:
    """Return whoever can be asked; None where nobody sits at stdin and stderr, or nobody is to be asked."""
    if not (world.stdin_tty and world.stderr_tty) or flags.approve == "never":
        return None
    return AtTerminal(world, talk.settings.get("ui.keys"))


def _line(text: str) -> str:
    return " ".join(clean(text).split())
