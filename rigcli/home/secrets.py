"""Provider keys: where they are looked for, and where `rig keys set` puts them.

    RIG_API_KEY > the provider's own variables > `keys.NAME.key_cmd` > the system keyring > a file of mode 0600

`keys.json` in the data folder lists which providers have a stored key; only where there is no keyring does it hold the
key itself. So a run that needs no stored key never imports keyring (65 ms), and one file says it all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from rigcli.core.errors import AuthError, ConfigError, StorageError
from rigcli.home.lock import Lock, acquire
from rigcli.home.paths import read_private, write_private
from rigcli.home.settings import Settings

SERVICE = "rig"
KEY_CMD_SECONDS = 60.0  # long enough to touch a token or to unlock a vault
_PRINTABLE = range(0x21, 0x7F)


@dataclass(frozen=True, slots=True)
class Key:
    """A secret and where it came from; only `value` shows it."""

    value: str = field(repr=False)
    origin: str

    def __str__(self) -> str:
        return f"<key from {self.origin}>"


def find_key(provider: str, key_envs: Iterable[str], *, settings: Settings, env: Mapping[str, str]) -> Key | None:
    """Return the key for a provider, or None where there is none.

    Raises AuthError where one is named and cannot be had or cannot be a key.
    """
    if key := key_in(env, key_envs):
        return key
    command = settings.get(f"keys.{provider}.key_cmd")
    if command:
        return checked(_run(command, provider, env), "key_cmd")
    return KeyStore(settings.folders.data).get(provider)


def key_in(env: Mapping[str, str], key_envs: Iterable[str]) -> Key | None:
    """Return the key that the environment holds. Raises AuthError where it cannot be one."""
    for name in ("RIG_API_KEY", *key_envs):
        if value := env.get(name, "").strip():
            return checked(value, name)
    return None


def where_key(provider: str, key_envs: Iterable[str], *, settings: Settings, env: Mapping[str, str]) -> str | None:
    """Return where a key would come from without reading or running anything secret; None where there is none."""
    for name in ("RIG_API_KEY", *key_envs):
        if env.get(name, "").strip():
            return name
    if settings.get(f"keys.{provider}.key_cmd"):
        return "key_cmd"
    return KeyStore(settings.folders.data).places().get(provider)


def checked(value: str, origin: str) -> Key:
    """Return a key that can stand in a header. Raises AuthError, which never shows the key."""
    value = value.strip()
    if not value:
        raise AuthError(f"key from {origin}: is empty")
    if any(ord(char) not in _PRINTABLE for char in value):
        raise AuthError(
            f"key from {origin}: holds a blank, a line break or a character outside ASCII",
            hint="copy it again, without quotes and without the name before it",
        )
    return Key(value, origin)


class KeyStore:
    """The keys that the user stored: in the system keyring, else in the 0600 file."""

    def __init__(self, data: Path) -> None:
        self.path = data / "keys.json"

    def places(self) -> dict[str, str]:
        """Return `keyring` or `file` by provider, without asking the keyring."""
        return {provider: "file" if "value" in row else "keyring" for provider, row in self._load().items()}

    def get(self, provider: str) -> Key | None:
        """Return the stored key. Raises AuthError where the keyring does not give it."""
        row = self._load().get(provider)
        if row is None:
            return None
        if "value" in row:
            return checked(str(row["value"]), str(self.path))
        value = _ask_keyring(provider)
        if value is None:
            raise AuthError(f"key for {provider}: the system keyring no longer has it", hint=f"rig keys set {provider}")
        return checked(value, "keyring")

    def set(self, provider: str, value: str) -> str:
        """Store a key and return the place: `keyring` or the path of the file. Raises AuthError, StorageError."""
        key = checked(value, "the input")
        with self._lock():
            rows = self._load()
            kept = _put_keyring(provider, key.value)
            rows[provider] = {"in": "keyring"} if kept else {"in": "file", "value": key.value}
            self._save(rows)
        return "keyring" if kept else str(self.path)

    def remove(self, provider: str) -> bool:
        """Forget a key wherever it was stored; tell whether there was one."""
        with self._lock():
            rows = self._load()
            row = rows.pop(provider, None)
            if row is None:
                return False
            if "value" not in row:
                _drop_keyring(provider)
            self._save(rows)
        return True

    def _lock(self) -> Lock:
        return acquire(self.path.with_name(".keys.lock"), str(self.path))

    def _load(self) -> dict[str, dict[str, Any]]:
        data = read_private(self.path)
        if data is None:
            return {}
        if os.name == "posix" and (mode := self.path.stat().st_mode & 0o077):
            raise ConfigError(f"{self.path}: is open to others, mode {0o600 | mode:o}", hint=f"chmod 600 {self.path}")
        try:
            document: dict[str, Any] = json.loads(data)
            if document["v"] > 1:
                raise StorageError(f"{self.path}: was written by a newer rig", hint="update rig")
            rows = cast("dict[str, dict[str, Any]]", document["keys"])
            return {str(name): dict(row) for name, row in rows.items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise StorageError(f"{self.path}: damaged", hint="move it away, then store the keys again") from None

    def _save(self, rows: dict[str, dict[str, Any]]) -> None:
        text = json.dumps({"v": 1, "keys": dict(sorted(rows.items()))}, indent=1)
        write_private(self.path, text.encode() + b"\n")


def keyring_name() -> str | None:
    """Return the name of the system keyring that would be used, or None where there is none."""
    try:
        import keyring  # noqa: PLC0415  65 ms
        from keyring.backends import fail, null  # noqa: PLC0415  as above

        backend = keyring.get_keyring()
        if isinstance(backend, (fail.Keyring, null.Keyring)) or backend.priority < 1:
            return None
    except Exception:  # noqa: BLE001  a backend is foreign code; any trouble with it means the file
        return None
    return str(getattr(backend, "name", type(backend).__name__))


def _ask_keyring(provider: str) -> str | None:
    try:
        import keyring  # noqa: PLC0415  65 ms

        return keyring.get_password(SERVICE, provider)
    except Exception as error:  # noqa: BLE001  a backend is foreign code and raises what it likes
        raise AuthError(
            f"key for {provider}: the system keyring does not answer ({type(error).__name__})",
            hint="unlock it, or set the provider's variable",
        ) from None


def _put_keyring(provider: str, value: str) -> bool:
    if keyring_name() is None:
        return False
    try:
        import keyring  # noqa: PLC0415  65 ms

        keyring.set_password(SERVICE, provider, value)
        return keyring.get_password(SERVICE, provider) == value
    except Exception:  # noqa: BLE001  a backend is foreign code; the caller says where the key went instead
        return False


def _drop_keyring(provider: str) -> None:
    try:
        import keyring  # noqa: PLC0415  65 ms
        from keyring.errors import PasswordDeleteError  # noqa: PLC0415  as above

        with suppress(PasswordDeleteError):  # it is gone, which is what was asked for
            keyring.delete_password(SERVICE, provider)
    except Exception as error:  # noqa: BLE001  a backend is foreign code and raises what it likes
        raise AuthError(
            f"key for {provider}: the system keyring does not let it go ({type(error).__name__})",
            hint="unlock it and try again",
        ) from None


def _run(command: str, provider: str, env: Mapping[str, str]) -> str:
    """Run the user's own command through the shell, as git runs credential helpers; return what it prints."""
    import subprocess  # noqa: PLC0415  12 ms that most runs need not pay

    try_it = f"run it yourself; it is the setting keys.{provider}.key_cmd"
    try:
        done = subprocess.run(  # noqa: S602  the user's own settings file says it; a project's may not
            command,
            shell=True,
            stdin=subprocess.DEVNULL,  # the pipe into rig is not for it
            capture_output=True,
            timeout=KEY_CMD_SECONDS,
            check=False,
            env=dict(env),
        )
    except subprocess.TimeoutExpired:
        raise AuthError(f"key_cmd of {provider}: no answer within {KEY_CMD_SECONDS:.0f} s", hint=try_it) from None
    except OSError as error:
        raise AuthError(f"key_cmd of {provider}: {(error.strerror or str(error)).lower()}", hint=try_it) from None
    if done.returncode:
        said = _without_keys(done.stderr, done.stdout, env)
        raise AuthError(f"key_cmd of {provider}: exit {done.returncode}" + (f": {said}" if said else ""), hint=try_it)
    return done.stdout.decode("utf-8", "replace").strip()


def _without_keys(said: bytes, printed: bytes, env: Mapping[str, str]) -> str:
    """Return the beginning of what a command complained of: without what it printed, and without other secrets."""
    from rigcli.core.text_filter import clean  # noqa: PLC0415  only a failure needs it
    from rigcli.net.redact import redact_text, telling  # noqa: PLC0415  as above

    secrets = (*telling(env), *printed.decode("utf-8", "replace").split())
    return redact_text(" ".join(clean(said.decode("utf-8", "replace")).split()), secrets)[:200]
