"""The parent's side of the parsing child: starts it when the first file needs it, and a new one when it died."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from typing import Self

from rigcli.rag.loaders.document import Document, LoadError

SECONDS = 60.0
"""A file's time on the clock; its CPU time is limited inside the child."""


class ParserChild:
    """One child process, used for one file at a time. Closing it ends it."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def parse(self, loader: str, data: bytes, base: str = "") -> Document:
        """Return the text of one file; `base` is the address of a page.

        Raises LoadError with the reason, also where the child crashed or hung.
        """
        process = self._running()
        timed_out = threading.Event()

        def give_up() -> None:
            timed_out.set()
            process.kill()

        clock = threading.Timer(self._seconds, give_up)
        clock.daemon = True
        clock.start()
        try:
            line = _exchange(process, loader, data, base)
        finally:
            clock.cancel()
        if not line.endswith(b"\n"):
            self.close()
            if timed_out.is_set():
                raise LoadError(f"takes longer than {self._seconds:g} s to parse")
            raise LoadError("its parser crashed or went over its limits of memory and time")
        answer = json.loads(line)
        if "error" in answer:
            raise LoadError(answer["error"])
        text = answer["text"].encode("utf-8", "replace").decode("utf-8")  # lone surrogates out of a PDF
        return Document(text, tuple((o, n, label) for o, n, label in answer["marks"]))

    def close(self) -> None:
        if self._process is None:
            return
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if stream:
                    stream.close()
        self._process.kill()
        self._process.wait()
        self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            # -I: neither the working folder nor PYTHONPATH can put a module of their own in the way.
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", "rigcli.rag.loaders.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is the parent's to handle
            )
        return self._process


def _exchange(process: subprocess.Popen[bytes], loader: str, data: bytes, base: str) -> bytes:
    """Send a file and return the answer's line; cut short where the child is gone."""
    assert process.stdin  # noqa: S101  both are pipes
    assert process.stdout  # noqa: S101
    try:
        process.stdin.write(json.dumps({"loader": loader, "size": len(data), "base": base}).encode() + b"\n" + data)
        process.stdin.flush()
        return process.stdout.readline()
    except (OSError, ValueError):
        return b""
