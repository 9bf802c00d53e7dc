"""What the model has read of which file: an edit of a file that has changed since is an edit of something unknown."""

from __future__ import annotations

from hashlib import sha256


class ReadNotes:
    """Path below the working folder -> digest of the content that the model knows. One for all tools of a run."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def note(self, path: str, data: bytes | None) -> None:
        """Keep what a file holds, as the model has just seen or written it; None: the file is gone."""
        if data is None:
            self._known.pop(path, None)
        else:
            self._known[path] = sha256(data).digest()

    def known(self, path: str) -> bool:
        return path in self._known

    def stale(self, path: str, data: bytes | None) -> bool:
        """Tell whether the model has read something else than what is there now."""
        return path in self._known and (data is None or sha256(data).digest() != self._known[path])
