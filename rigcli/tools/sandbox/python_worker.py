"""The interpreter behind the python tool. A program of its own: standard library only.

    python -u python_worker.py FD

On the socket FD come lines of JSON with `code` and `mark`. What the code prints goes to stdout as it is; then come a
NUL, the mark, a space, and one line of JSON with `value` (the text of a last expression) or `error` (a traceback).
"""

from __future__ import annotations

import ast
import builtins
import json
import os
import socket
import sys
import traceback
from typing import Any

LONGEST = 20_000


def main() -> None:
    channel = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(channel.fileno(), False)
    space: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
    for line in channel.makefile("r", encoding="utf-8"):
        request = json.loads(line)
        result = run(request["code"], space)
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(1, f"\0{request['mark']} {json.dumps(result)}\n".encode())


def run(code: str, space: dict[str, Any]) -> dict[str, str | None]:
    """Run code in the space that stays; return the value of a last expression, or what went wrong."""
    try:
        tree = ast.parse(code, "<code>")
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<code>", "exec"), space)
        if not isinstance(last, ast.Expr):
            return {"value": None}
        space["_"] = eval(compile(ast.Expression(last.value), "<code>", "eval"), space)
        return {"value": None if space["_"] is None else repr(space["_"])[:LONGEST]}
    except SystemExit as error:
        return {"error": f"SystemExit: {error.code}"}
    except BaseException as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
        shown = traceback.format_list(frames) + traceback.format_exception_only(error)
        return {"error": "".join(["Traceback (most recent call last):\n", *shown])[-LONGEST:]}


if __name__ == "__main__":
    main()
