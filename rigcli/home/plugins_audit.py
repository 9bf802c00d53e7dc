"""What an audit of plug-ins says: whose code it is, which bytes it has, and whether they are those that were installed.

Nothing of a plug-in is imported.
"""

from __future__ import annotations

import csv
import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rigcli.home.plugins import KINDS, Plugin, plugins

if TYPE_CHECKING:
    from importlib.metadata import Distribution

OWN = "rigcli"
_MADE_LATER = (".pyc",)
"""Files that installing or running adds: they say nothing about what was installed."""


@dataclass(frozen=True, slots=True)
class Audited:
    """One distribution. `offers` are (kind, name, target); `sha256` is over its files' names and contents.

    `changed` are files whose bytes are not those that were installed, or that are gone; `editable` says that its code
    lies elsewhere, so that no hash can vouch for it (`sha256` is None then).
    """

    distribution: str
    version: str
    offers: tuple[tuple[str, str, str], ...]
    sha256: str | None
    changed: tuple[str, ...] = ()
    editable: bool = False


def audit(env: Mapping[str, str]) -> list[Audited]:
    """Return every distribution that offers plug-ins, by name; those that RIG_NO_PLUGINS turns off too."""
    everyone = {name: value for name, value in env.items() if name != "RIG_NO_PLUGINS"}
    by_owner: dict[tuple[str, str], list[tuple[str, Plugin]]] = {}
    for kind in KINDS:
        for plugin in plugins(kind, everyone).values():
            if plugin.distribution != OWN:
                by_owner.setdefault((plugin.distribution, plugin.version), []).append((kind, plugin))
    return [_audited(found) for _, found in sorted(by_owner.items())]


def _audited(found: list[tuple[str, Plugin]]) -> Audited:
    plugin = found[0][1]
    offers = tuple((kind, each.name, each.target) for kind, each in found)
    owner = plugin.owner()
    code = [] if owner is None else sorted(_recorded(owner))
    if owner is None or not code:
        return Audited(plugin.distribution, plugin.version, offers, None)
    if _is_editable(owner):
        return Audited(plugin.distribution, plugin.version, offers, None, editable=True)
    sums = [(file, _sum(owner, file)) for file in code]
    whole = hashlib.sha256(b"".join(file.name.encode() + b"\0" + (digest or b"gone") for file, digest in sums))
    return Audited(plugin.distribution, plugin.version, offers, whole.hexdigest(), tuple(_changed(sums)))


def _is_editable(owner: Distribution) -> bool:
    return '"editable": true' in (owner.read_text("direct_url.json") or "")


class _File(NamedTuple):
    """A row of RECORD: the file, and `sha256=…` of what was installed, "" where it says nothing."""

    name: str
    digest: str


def _recorded(owner: Distribution) -> Iterable[_File]:
    """Yield what was installed. `Distribution.files` leaves out what is gone since, on some versions of Python."""
    for row in csv.reader((owner.read_text("RECORD") or "").splitlines()):
        if row and not row[0].endswith(_MADE_LATER):
            yield _File(row[0], row[1] if len(row) > 1 else "")


def _sum(owner: Distribution, file: _File) -> bytes | None:
    try:
        return hashlib.sha256(Path(str(owner.locate_file(file.name))).read_bytes()).digest()
    except OSError:
        return None


def _changed(sums: Iterable[tuple[_File, bytes | None]]) -> Iterable[str]:
    for file, digest in sums:
        if not file.digest.startswith("sha256="):
            continue
        now = urlsafe_b64encode(digest).rstrip(b"=").decode() if digest else None
        if now != file.digest.removeprefix("sha256="):
            yield file.name
