"""Fields and files -> a `multipart/form-data` body (RFC 7578). Pure: the boundary comes from what is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple


class File(NamedTuple):
    """`name` is the field that holds it, `kind` its media type."""

    name: str
    filename: str
    kind: str
    data: bytes


def multipart(fields: Iterable[tuple[str, str]], name: str, filename: str, kind: str, data: bytes) -> tuple[str, bytes]:
    """Return the value of Content-Type and the body; the file is field `name` and stands last."""
    return multipart_files(fields, [File(name, filename, kind, data)])


def multipart_files(fields: Iterable[tuple[str, str]], files: Sequence[File]) -> tuple[str, bytes]:
    """Return the value of Content-Type and the body; the files stand last, in their order."""
    given = list(fields)
    boundary = _boundary([file.data for file in files], given)
    pieces = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(field)}"\r\n\r\n{value}\r\n'.encode()
        for field, value in given
    ]
    for file in files:
        names = f'name="{_quoted(file.name)}"; filename="{_quoted(file.filename)}"'
        head = f"--{boundary}\r\nContent-Disposition: form-data; {names}\r\nContent-Type: {file.kind}\r\n\r\n"
        pieces += [head.encode(), file.data, b"\r\n"]
    return f"multipart/form-data; boundary={boundary}", b"".join([*pieces, f"--{boundary}--\r\n".encode()])


def _boundary(files: Sequence[bytes], fields: list[tuple[str, str]]) -> str:
    """Return a boundary that stands nowhere in the files or the fields."""
    text = "".join(value for _, value in fields)
    seed = sha256(b"".join(sha256(data).digest() for data in files)).digest()
    number = 0
    while True:
        boundary = f"rig-{sha256(seed + str(number).encode()).hexdigest()[:32]}"
        if boundary not in text and not any(boundary.encode() in data for data in files):
            return boundary
        number += 1


def _quoted(name: str) -> str:
    """Return a name as browsers write it: what would end the header's value is percent-encoded."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
