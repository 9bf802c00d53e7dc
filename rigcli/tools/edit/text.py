"""Text of a file and the shape it has on disk: encoding, byte order mark, line ends. All that is not edited stays."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from rigcli.core.ports import ToolError
from rigcli.tools.text_file import binary_kind

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")


@dataclass(frozen=True, slots=True)
class Shape:
    """How a text is written to disk; `eol` is the line end that most of its lines have."""

    encoding: str = "utf-8"
    mark: bytes = b""
    eol: str = "\n"

    def encode(self, text: str) -> bytes:
        """Return the bytes of a text whose line ends are as they should be. Raises ToolError."""
        try:
            return self.mark + text.encode(self.encoding)
        except UnicodeEncodeError as error:
            if self.encoding == "utf-8":
                raise ToolError("the text holds half a character (a lone surrogate), which no file can hold") from None
            raise ToolError(
                f"the file is in {self.encoding}, which has no {error.object[error.start]!r}: leave that character out"
            ) from None


def read_text(data: bytes) -> tuple[str, Shape]:
    """Return the text of a file, line ends as they are, and its shape. Raises ToolError for what is no text."""
    if kind := binary_kind(data[: 8 * 1024]):
        raise ToolError(f"not text: {kind}, {len(data):,} bytes")
    mark, encoding = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", ""))
    encoding = encoding or _encoding(data)
    try:
        text = data[len(mark) :].decode(encoding)
        whole = mark + text.encode(encoding) == data
    except UnicodeError:
        whole, text = False, ""
    if not whole:
        raise ToolError("not text in any encoding that could be written back as it is")
    crlf = text.count("\r\n")
    return text, Shape(encoding, mark, "\r\n" if crlf * 2 > text.count("\n") else "\n")


def split(text: str) -> list[str]:
    """Return the lines with their ends; only a newline ends a line, as everywhere else in rig."""
    return _LINE.findall(text)


def unified_ends(text: str) -> str:
    return text.replace("\r\n", "\n")


def with_ends(text: str, eol: str) -> str:
    """Return a text with one kind of line end."""
    plain = unified_ends(text)
    return plain if eol == "\n" else plain.replace("\n", eol)


def _encoding(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes  # noqa: PLC0415  rare, and slow to import

        best = from_bytes(data[: 64 * 1024]).best()
        return best.encoding if best else "utf-8"
    return "utf-8"
