"""The child process that parses what may be hostile: bytes come on stdin, text goes to stdout, nothing else is touched.

Protocol: a line of JSON `{"loader", "size", "base"}` and `size` bytes; answered by a line of JSON,
`{"text", "marks"}` or `{"error"}`. Memory, CPU time per file and file size are limited where the system can; the parent
watches the clock.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from rigcli.rag.loaders.document import Document, LoadError
from rigcli.rag.loaders.html import load_html
from rigcli.rag.loaders.page import load_page
from rigcli.rag.loaders.pdf import load_pdf

MEMORY = 1 << 30
CPU_SECONDS = 30
LOADERS: dict[str, Callable[[bytes], Document]] = {"html": load_html, "pdf": load_pdf}


def main() -> None:
    """Answer requests until stdin ends."""
    _limit_process()
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # a parser that prints must not break the protocol
    while line := requests.readline():
        asked = json.loads(line)
        data = requests.read(asked["size"])
        _limit_cpu()
        answers.write(json.dumps(_answer(asked["loader"], data, asked["base"])).encode() + b"\n")
        answers.flush()


def _answer(loader: str, data: bytes, base: str) -> dict[str, object]:
    try:
        document = load_page(data, base) if loader == "page" else LOADERS[loader](data)
    except LoadError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"error": "needs more memory than a file may"}
    except Exception as error:  # noqa: BLE001  whatever a parser of foreign bytes raises is a reason to skip the file
        return {"error": f"could not be parsed ({type(error).__name__})"}
    return {"text": document.text, "marks": document.marks}


def _limit_process() -> None:
    try:
        import resource  # noqa: PLC0415  POSIX only
    except ImportError:
        return
    for what, limit in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        try:
            resource.setrlimit(what, (limit, limit))
        except (OSError, ValueError):  # macOS refuses RLIMIT_AS; the clock still holds
            continue


def _limit_cpu() -> None:
    """Give the next file its seconds, counted from what is used already."""
    try:
        import resource  # noqa: PLC0415  POSIX only
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + CPU_SECONDS, hard))


if __name__ == "__main__":
    main()
