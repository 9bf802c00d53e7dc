"""`rig plugins`: whose code rig would run beside its own, and whether it is still what was installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rigcli.cli.plain import ListFormatFlag, group, put, put_json, say
from rigcli.cli.world import World
from rigcli.core.errors import Exit

if TYPE_CHECKING:
    from rigcli.home.plugins_audit import Audited

app = group()


@app.command("list")
def list_(format_: ListFormatFlag = "text") -> int:
    """List the plug-ins that are installed; nothing of them is imported."""
    from rigcli.home.plugins_audit import audit

    world = World.real()
    rows = [
        {"kind": kind, "name": name, "target": target, "distribution": each.distribution, "version": each.version}
        for each in audit(world.env)
        for kind, name, target in each.offers
    ]
    if format_ == "json":
        put_json(world, {"plugins": rows, "off": _off(world)})
        return Exit.OK
    for row in rows:
        put(world, f"{row['kind']}: {row['name']}  ({row['distribution']} {row['version']}, {row['target']})")
    _say_state(world, bool(rows))
    return Exit.OK


@app.command("audit")
def audit_(format_: ListFormatFlag = "text") -> int:
    """Show who made each plug-in, its version and a hash of its files; exit 1 where they changed since installing."""
    from rigcli.home.plugins_audit import audit

    world = World.real()
    found = audit(world.env)
    if format_ == "json":
        put_json(world, {"distributions": [_row(each) for each in found], "off": _off(world)})
    else:
        for each in found:
            put(world, f"{each.distribution} {each.version}  {_state(each)}")
            for kind, name, target in each.offers:
                put(world, f"    {kind}: {name}  ({target})")
            for path in each.changed:
                put(world, f"    changed since it was installed: {path}")
        _say_state(world, bool(found))
    return Exit.NO if any(each.changed for each in found) else Exit.OK


def _state(each: Audited) -> str:
    if each.editable:
        return "editable: its code may change at any time"
    return f"sha256 {each.sha256}" if each.sha256 else "no list of its files, so no hash"


def _row(each: Audited) -> dict[str, Any]:
    return {
        "distribution": each.distribution,
        "version": each.version,
        "sha256": each.sha256,
        "editable": each.editable,
        "changed": list(each.changed),
        "offers": [{"kind": kind, "name": name, "target": target} for kind, name, target in each.offers],
    }


def _off(world: World) -> bool:
    return world.env.get("RIG_NO_PLUGINS", "") not in ("", "0")


def _say_state(world: World, some: bool) -> None:
    if not some:
        say(world, "no plug-ins are installed")
    elif _off(world):
        say(world, "RIG_NO_PLUGINS is set: none of them is used")
