from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from rigcli.core.errors import ConfigError
from rigcli.core.ports import PendingCall, ToolError, Verdict
from rigcli.ui.approve import AskUser, describe, look_alikes

CALL = PendingCall("1", "shell", {"command": "rm -rf build", "timeout": 5}, 'shell(command="rm -rf build")')


class Person:
    """Someone who gives these answers in order, and edits into this text."""

    def __init__(self, *answers, edited=None):
        self.answers = list(answers)
        self.edited = edited
        self.seen = ""
        self.rules = []
        self.asked = 0

    async def read(self, question):
        self.asked += 1
        if not self.answers:
            raise EOFError
        return self.answers.pop(0)

    async def edit(self, text):
        self.seen += text
        return self.edited

    def write(self, text):
        self.seen += text


def ask(person, call=CALL, always=None):
    asker = AskUser(person.read, person.write, "/work/project", always or person.rules.append, person.edit)
    return asyncio.run(asker(call))


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("y", Verdict("allow")),
        (" YES ", Verdict("allow")),
        ("", Verdict("deny")),
        ("n", Verdict("deny")),
        ("yep", Verdict("deny", reason="yep")),
        ("use trash instead", Verdict("deny", reason="use trash instead")),
    ],
)
def test_only_a_plain_yes_allows_and_other_words_are_the_reason_for_no(said, verdict):
    assert ask(Person(said)) == verdict


def test_no_answer_at_all_is_no():
    assert ask(Person()) == Verdict("deny")


def test_always_adds_exactly_the_rule_that_is_shown():
    person = Person("a")
    assert ask(person) == Verdict("allow")
    assert person.rules == [CALL.rule]
    assert f"a, s would add the rule: {CALL.rule}" in person.seen


def test_a_rule_that_cannot_be_added_is_said_and_asked_again():
    def refuse(rule):
        raise ConfigError("rule: unreadable")

    person = Person("a", "n")
    assert ask(person, always=refuse) == Verdict("deny")
    assert "rule: unreadable" in person.seen


def test_edited_arguments_are_shown_and_asked_about_again():
    person = Person("e", "y", edited='{"command": "ls"}')
    assert ask(person) == Verdict("allow", arguments={"command": "ls"})
    assert person.seen.count("The model wants to run") == 2
    assert "command: ls" in person.seen


@pytest.mark.parametrize("edited", [None, "{broken", "[1]"])
def test_an_edit_that_gives_no_object_changes_nothing(edited):
    person = Person("e", "y", edited=edited)
    assert ask(person) == Verdict("allow")
    assert "not changed" in person.seen


def test_always_is_refused_after_an_edit_because_the_rule_is_the_old_call_s():
    person = Person("e", "a", "n", edited='{"command": "ls"}')
    assert ask(person) == Verdict("deny")
    assert person.rules == []


def test_the_call_is_shown_whole_with_folder_and_rule():
    assert describe(CALL, "/work/project", 60) == [
        "The model wants to run: shell",
        "  command: rm -rf build",
        "  timeout: 5",
        "  in /work/project",
        '  a, s would add the rule: shell(command="rm -rf build")',
    ]


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("ls\x1b[2K\rls", r"ls\x1b[2K\rls"),
        ("cat \u202egpj.sh", r"cat \u202egpj.sh"),
        ("ls\U000e0041", r"ls\U000e0041"),
        ("ls\u200b", r"ls\u200b"),
        ("ls" + " " * 5000 + "; rm x", "ls⟨5000 spaces⟩; rm x"),
    ],
)
def test_nothing_in_a_call_can_hide(command, shown):
    assert f"  command: {shown}" in describe(PendingCall("1", "shell", {"command": command}, "shell"), "/", 80)


def test_lines_of_an_argument_cannot_pass_for_lines_of_the_question():
    spoof = "ls\n  in /safe\nAllow? [y]es" + "\n" * 300 + "x" * 100 + "The model wants to run: read_file"
    lines = describe(PendingCall("1", "shell", {"command": spoof}, "shell"), "/", 40)
    own = [line for line in lines if not line.startswith("    │ ")]
    assert own == [
        "The model wants to run: shell",
        "  command:",
        "  in /",
        "  a, s would add the rule: shell",
    ]
    assert "    │ ⟨299 empty lines⟩" in lines
    assert all(len(line) <= 40 for line in lines)
    assert "".join(line[6:] for line in lines).count("x") == 100


def test_letters_that_look_like_others_are_pointed_out():
    assert look_alikes("rm cаche") == "'cаche' mixes Latin and Cyrillic letters"  # noqa: RUF001  that is the point
    assert look_alikes("кэш und Übung 日本語") == ""


def test_save_writes_the_rule_for_good_and_says_where():
    person = Person("s")
    saved = []

    def save(rule: str) -> str:
        saved.append(rule)
        return "/home/me/config.toml"

    asker = AskUser(person.read, person.write, "/work/project", person.rules.append, save=save)
    assert asyncio.run(asker(CALL)) == Verdict("allow")
    assert saved == person.rules == [CALL.rule]
    assert "allowed from now on, as saved in /home/me/config.toml" in person.seen


# ---------------------------------------------------------------- diffs

DIFF = "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n keep\n-\told\n+new\x1b[2K\n"
EDIT = PendingCall("1", "edit_file", {"path": "f", "patch": "long\n" * 50}, "edit_file(path=f)", DIFF, shown=("patch",))


def test_a_diff_is_shown_whole_escaped_and_painted():
    plain = describe(EDIT, "/work", 60)
    assert plain[1:3] == ["  path: f", "  patch: 250 characters, as the changes below show"]
    assert plain[plain.index("  changes:") + 1 :][3:6] == ["    │  keep", "    │ -→   old", r"    │ +new\x1b[2K"]
    painted = describe(EDIT, "/work", 60, color=True)
    assert "    │ \x1b[32m+new\\x1b[2K\x1b[m" in painted
    assert "    │ \x1b[31m-→   old\x1b[m" in painted
    assert all(len(row) <= 20 for row in describe(EDIT, "/", 20))


def test_what_was_edited_is_previewed_anew_or_refused():
    def look(arguments):
        if arguments == {"path": "bad"}:
            raise ToolError("no such file: bad")
        return "--- a/g\n+++ b/g\n"

    call = replace(EDIT, look=look)
    person = Person("e", "y", edited='{"path": "g"}')
    assert ask(person, call) == Verdict("allow", arguments={"path": "g"})
    assert "+++ b/g" in person.seen
    person = Person("e", "n", edited='{"path": "bad"}')
    assert ask(person, call) == Verdict("deny")
    assert "not changed: no such file: bad" in person.seen


def test_a_long_diff_can_be_viewed_before_the_answer():
    person, paged = Person("v", "y"), []
    asker = AskUser(person.read, person.write, "/work", person.rules.append, person.edit, page=paged.append)
    assert asyncio.run(asker(EDIT)) == Verdict("allow")
    assert "    │ +new" in paged[0]
    assert ask(Person("v"), EDIT) == Verdict("deny", reason="v")
