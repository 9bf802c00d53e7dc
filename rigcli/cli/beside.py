"""What `embed`, `rerank`, `transcribe`, `speak` and `image` share: settings, the way to the model, lines of stdin."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from rigcli.cli.world import World
from rigcli.core.errors import RigError, UsageError

if TYPE_CHECKING:
    from rigcli.cli.beside_flags import BesideFlags
    from rigcli.home.settings import Settings
    from rigcli.library.beside import Helper
    from rigcli.wire.beside import Ability

T = TypeVar("T")
STDIN = "-"


def open_settings(world: World, flags: BesideFlags) -> Settings:
    """Load the settings of this run and tell their notices. Raises ConfigError."""
    from rigcli.cli.plain import say
    from rigcli.home.settings import load

    settings = load(
        world.env,
        world.cwd,
        {
            "offline": flags.offline or None,
            "net.timeout": flags.timeout,
            "net.retries": flags.retries,
            "net.record": flags.record,
            "net.replay": flags.replay,
        },
    )
    for notice in () if flags.quiet else settings.notices:
        say(world, notice)
    return settings


def helper(world: World, settings: Settings, flags: BesideFlags, ability: Ability, name: str) -> Helper:
    """Return the way to the model of that name and tell what there is to know. Raises UsageError, AuthError."""
    from rigcli.cli.plain import say
    from rigcli.core.text_filter import clean
    from rigcli.library.beside import reach

    def log(line: str) -> None:
        world.stderr.write(clean(line) + "\n")
        world.stderr.flush()

    found = reach(
        ability,
        name,
        settings,
        world.env,
        base_url=flags.base_url,
        wire=flags.wire,
        wire_log=log if flags.debug else None,
    )
    for notice in () if flags.quiet else found.access.notices:
        say(world, notice)
    return found


def extra_of(flags: BesideFlags) -> dict[str, Any]:
    """Return what -o says: it goes to the provider as it is. Raises UsageError."""
    from rigcli.inputs.options import parse_pairs

    return parse_pairs(flags.options)


def told(world: World, flags: BesideFlags) -> Any:
    """Return what says on stderr that a request is sent again."""
    from rigcli.cli.plain import say

    def tell(attempt: int, wait: float, error: RigError) -> None:
        if not flags.quiet:
            say(world, f"{error.message}; attempt {attempt + 1} in {wait:.1f} s")

    return tell


def stdin_lines(world: World) -> Iterator[str]:
    """Yield the lines of stdin without their ends. Raises UsageError for bytes that are no UTF-8."""
    try:
        descriptor = world.stdin.fileno()
    except (AttributeError, ValueError, OSError):
        raise UsageError("stdin: closed, and - said to read it") from None
    with open(descriptor, "rb", closefd=False) as stream:
        for number, line in enumerate(stream, 1):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            except UnicodeDecodeError:
                raise UsageError(
                    f"stdin: line {number} is no UTF-8", hint="convert it, for example with iconv"
                ) from None


async def in_thread(items: Iterable[T]) -> AsyncIterator[T]:
    """Yield what a blocking iterable yields, read ahead by little.

    The thread is a daemon: one that waits for a line that never comes must not keep the process.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[list[T], BaseException | None]] = asyncio.Queue(maxsize=2)

    def put(found: list[T], error: BaseException | None = None) -> None:
        asyncio.run_coroutine_threadsafe(queue.put((found, error)), loop).result()

    def read() -> None:
        with suppress(RuntimeError):  # the loop is gone: nobody waits for more
            try:
                for item in items:
                    put([item])
            except Exception as error:  # noqa: BLE001  raised where it is waited for
                put([], error)
            else:
                put([])

    threading.Thread(target=read, daemon=True).start()
    while True:
        found, error = await queue.get()
        if error is not None:
            raise error
        if not found:
            return
        yield found[0]
