"""Keys: where they are looked for, where they are put, and that none is ever shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import traceback

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail

from rigcli.core.errors import AuthError, ConfigError, RigError, StorageError
from rigcli.home.secrets import Key, KeyStore, checked, find_key, keyring_name, where_key
from rigcli.home.settings import load

CANARY = "sk-canary-0123456789"
posix = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")


class Memory(KeyringBackend):
    """A keyring that works, and holds its passwords in a dict."""

    priority = 5  # type: ignore[assignment]
    name = "memory"

    def __init__(self):
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        if self.kept.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError("not there")


class Locked(Memory):
    """A keyring that is there and refuses."""

    def get_password(self, service, username):
        raise keyring.errors.KeyringLocked(f"locked, and it knew {CANARY}")

    set_password = get_password


@pytest.fixture(autouse=True)
def no_keyring():
    """Machines differ: tests say themselves which keyring there is."""
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def env(tmp_path):
    return {"HOME": str(tmp_path), "RIG_HOME": str(tmp_path / "rig"), "PATH": os.environ["PATH"]}


def find(env, tmp_path, provider="openai", names=("OPENAI_API_KEY",)):
    return find_key(provider, names, settings=load(env, tmp_path), env=env)


def test_the_order_is_rig_then_own_variable_then_command_then_stored(env, tmp_path):
    store = KeyStore(tmp_path / "rig" / "data")
    assert find(env, tmp_path) is None
    store.set("openai", "from-file")
    env["RIG_KEYS_OPENAI_KEY_CMD"] = "echo from-command"
    env["OPENAI_API_KEY"] = "from-variable"
    env["RIG_API_KEY"] = "from-rig"
    seen = []
    for name in ("RIG_API_KEY", "OPENAI_API_KEY", "RIG_KEYS_OPENAI_KEY_CMD", None):
        key = find(env, tmp_path)
        assert key
        seen.append(
            (key.value, key.origin, where_key("openai", ["OPENAI_API_KEY"], settings=load(env, tmp_path), env=env))
        )
        env.pop(name or "", None)
    assert seen == [
        ("from-rig", "RIG_API_KEY", "RIG_API_KEY"),
        ("from-variable", "OPENAI_API_KEY", "OPENAI_API_KEY"),
        ("from-command", "key_cmd", "key_cmd"),
        ("from-file", str(store.path), "file"),
    ]


def test_a_key_shows_itself_to_nobody():
    key = Key(CANARY, "somewhere")
    assert CANARY not in f"{key} {key!r} {key!s} {[key]}"
    assert key.value == CANARY


@pytest.mark.parametrize("bad", ["a b", "a\nb", "ключ", "a\tb", "\x00", '"quoted "', ""])
def test_what_cannot_stand_in_a_header_is_no_key_and_is_not_quoted(bad):
    with pytest.raises(AuthError) as raised:
        checked(bad + CANARY if bad else bad, "X_KEY")
    assert CANARY not in raised.value.line()
    assert "X_KEY" in raised.value.line()


def test_blanks_around_a_key_are_cut_off():
    assert checked(f"  {CANARY}\r\n", "x").value == CANARY


@posix
def test_without_a_keyring_a_0600_file_holds_it_and_says_so(tmp_path):
    old = os.umask(0)
    try:
        store = KeyStore(tmp_path / "data")
        assert store.set("openai", CANARY) == str(store.path)
    finally:
        os.umask(old)
    assert store.path.stat().st_mode & 0o777 == 0o600
    assert store.places() == {"openai": "file"}
    key = store.get("openai")
    assert key
    assert key.value == CANARY


def test_with_a_keyring_the_file_only_says_that_it_is_there(tmp_path):
    memory = Memory()
    keyring.set_keyring(memory)
    store = KeyStore(tmp_path / "data")
    assert keyring_name() == "memory"
    assert store.set("openai", CANARY) == "keyring"
    assert CANARY not in store.path.read_text()
    key = store.get("openai")
    assert key
    assert (key.value, key.origin) == (CANARY, "keyring")
    assert store.remove("openai")
    assert memory.kept == {}
    assert not store.remove("openai")


def test_a_keyring_that_refuses_to_store_is_no_keyring(tmp_path):
    keyring.set_keyring(Locked())
    store = KeyStore(tmp_path / "data")
    assert store.set("openai", CANARY) == str(store.path)


def test_a_keyring_that_refuses_to_answer_is_an_error_without_its_words(tmp_path):
    keyring.set_keyring(Memory())
    store = KeyStore(tmp_path / "data")
    store.set("openai", CANARY)
    keyring.set_keyring(Locked())
    with pytest.raises(AuthError, match="does not answer") as raised:
        store.get("openai")
    assert CANARY not in "".join(traceback.format_exception(raised.value, chain=False))
    keyring.set_keyring(Memory())
    with pytest.raises(AuthError, match="no longer has it"):
        store.get("openai")


@posix
def test_a_key_file_that_others_may_read_is_refused_with_the_cure(tmp_path):
    store = KeyStore(tmp_path / "data")
    store.set("openai", CANARY)
    store.path.chmod(0o644)
    with pytest.raises(ConfigError, match="open to others") as raised:
        store.get("openai")
    assert raised.value.hint == f"chmod 600 {store.path}"


@pytest.mark.parametrize("text", ["{", "[]", '{"v":1}', '{"v":1,"keys":[1]}', '{"v":"x","keys":{}}'])
def test_a_damaged_key_file_is_named_and_kept(tmp_path, text):
    store = KeyStore(tmp_path)
    store.path.write_text(text)
    store.path.chmod(0o600)
    for call in (store.places, lambda: store.set("openai", CANARY)):
        with pytest.raises(StorageError, match="damaged"):
            call()
    assert store.path.read_text() == text


def test_a_key_file_of_a_newer_rig_is_left_alone(tmp_path):
    store = KeyStore(tmp_path)
    store.path.write_text(json.dumps({"v": 2, "keys": {}}))
    store.path.chmod(0o600)
    with pytest.raises(StorageError, match="newer rig"):
        store.set("openai", CANARY)


def test_a_command_that_fails_is_told_with_its_own_words_filtered(env, tmp_path):
    env["RIG_KEYS_OPENAI_KEY_CMD"] = "printf 'vault is \\033[31mlocked\\n' >&2; exit 3"
    with pytest.raises(AuthError) as raised:
        find(env, tmp_path)
    assert raised.value.message == "key_cmd of openai: exit 3: vault is locked"


def test_the_complaint_of_a_command_shows_no_key(env, tmp_path):
    """Neither what it printed, nor what looks like a key, nor a secret of the environment."""
    env["VAULT_TOKEN"] = "hvs.0123456789"
    env["RIG_KEYS_OPENAI_KEY_CMD"] = "k=plain-looking; echo $k; echo no: $k $VAULT_TOKEN sk-abcdefghijkl >&2; exit 1"
    with pytest.raises(AuthError) as raised:
        find(env, tmp_path)
    assert raised.value.message == "key_cmd of openai: exit 1: no: [redacted] [redacted] [redacted]"


def test_a_command_that_prints_nothing_is_no_key(env, tmp_path):
    env["RIG_KEYS_OPENAI_KEY_CMD"] = "true"
    with pytest.raises(AuthError, match="key_cmd: is empty"):
        find(env, tmp_path)


def test_a_command_that_hangs_is_given_up(env, tmp_path, monkeypatch):
    monkeypatch.setattr("rigcli.home.secrets.KEY_CMD_SECONDS", 0.2)
    env["RIG_KEYS_OPENAI_KEY_CMD"] = "exec sleep 30"
    with pytest.raises(AuthError, match="no answer within"):
        find(env, tmp_path)


def test_a_command_reads_nothing_of_what_is_piped_into_rig(env, tmp_path):
    env["RIG_KEYS_OPENAI_KEY_CMD"] = "echo key; cat"
    program = """
        import os
        from pathlib import Path
        from rigcli.home.secrets import find_key
        from rigcli.home.settings import load
        print(find_key("openai", (), settings=load(os.environ, Path("/")), env=os.environ).value)
    """
    line = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(line, input="piped", env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "key\n"


def test_two_commands_at_once_store_both_keys(tmp_path):
    program = "import sys; from pathlib import Path; import keyring; from keyring.backends import fail; keyring.set_keyring(fail.Keyring()); from rigcli.home.secrets import KeyStore; KeyStore(Path(sys.argv[1])).set(sys.argv[2], 'k')"
    both = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path), name]) for name in ("a", "b", "c")]
    assert [each.wait(30) for each in both] == [0, 0, 0]
    assert KeyStore(tmp_path).places() == {"a": "file", "b": "file", "c": "file"}


def test_no_error_of_this_module_ever_holds_the_key(env, tmp_path):
    keyring.set_keyring(Locked())
    store = KeyStore(tmp_path / "rig" / "data")
    env["OPENAI_API_KEY"] = f"{CANARY} two"
    calls = [
        lambda: find(env, tmp_path),
        lambda: store.set("openai", f"{CANARY}\n{CANARY}"),
        lambda: checked(f"{CANARY}é", "x"),
    ]
    for call in calls:
        with pytest.raises(RigError) as raised:
            call()
        assert CANARY not in str(raised.value.to_json()) + raised.value.line()
