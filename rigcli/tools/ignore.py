"""Which files a search leaves out: what `.gitignore` says, git's own folder, names of secrets, other globs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from rigcli.core.ports import ToolError
from rigcli.tools.folder import Folder
from rigcli.tools.secret_names import is_secret
from rigcli.tools.text_file import lines


class _Spec(Protocol):
    def match_file(self, file: str, /) -> bool: ...


class Skipper:
    """The `skip` of one search below `start`. It counts the secret files that it left out in `secrets`."""

    def __init__(self, folder: Folder, *, start: str, globs: Sequence[str] = (), gitignore: bool) -> None:
        self._folder = folder
        self._named = is_secret(start)
        self._glob = compiled(each for glob in globs for each in braces(glob)) if globs else None
        self._gitignore = gitignore
        self._specs: dict[str, Callable[[str], bool | None]] = {}
        self.secrets = 0

    def __call__(self, path: str, is_folder: bool) -> bool:  # noqa: FBT001  the shape of Skip
        name = path.rpartition("/")[2]
        if is_folder and name == ".git":
            return True
        if self._gitignore and self._ignored(path + "/" if is_folder else path):
            return True
        if self._glob and not is_folder and not self._glob.match_file(path):
            return True
        if is_secret(path) and not self._named:
            self.secrets += not is_folder
            return True
        return False

    def _ignored(self, path: str) -> bool:
        """Ask the `.gitignore` of each folder above; the one nearest to the file has the last word."""
        steps = path.rstrip("/").split("/")
        verdict = False
        for depth in range(len(steps)):
            above = "/".join(steps[:depth])
            said = self._spec(above)(path[len(above) + 1 if above else 0 :])
            verdict = verdict if said is None else said
        return verdict

    def _spec(self, folder: str) -> Callable[[str], bool | None]:
        if folder not in self._specs:
            self._specs[folder] = _reader_of(self._folder, f"{folder}/.gitignore" if folder else ".gitignore")
        return self._specs[folder]


def _reader_of(folder: Folder, path: str) -> Callable[[str], bool | None]:
    """Return what a `.gitignore` says about a path: True ignored, False wanted after all, None nothing."""
    try:
        with folder.open_file(path) as opened:
            rules = list(lines(opened.file, opened.size))
    except ToolError:
        return lambda _: None
    from pathspec import GitIgnoreSpec  # noqa: PLC0415  needed only where there is one

    spec = GitIgnoreSpec.from_lines(rules)
    return lambda name: spec.check_file(name).include


def compiled(globs: Iterable[str]) -> _Spec:
    """Return a matcher of globs as git reads them: `*.py` at any depth, `src/**/*.py` below src."""
    from pathspec import GitIgnoreSpec  # noqa: PLC0415  needed only with a glob

    return GitIgnoreSpec.from_lines(list(globs))


def braces(glob: str) -> list[str]:
    """Write out `*.{ts,tsx}`, which models like and git does not know; at most 64 globs come out."""
    done: list[str] = []
    open_ = [glob]
    while open_ and len(done) + len(open_) <= 64:  # noqa: PLR2004  a limit, said above
        each = open_.pop()
        if found := re.search(r"\{([^{}]*)\}", each):
            open_ += [each[: found.start()] + part + each[found.end() :] for part in found[1].split(",")]
        else:
            done.append(each)
    return done + open_
