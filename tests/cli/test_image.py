"""`rig image` from outside, against a server on loopback: what is sent, saved, printed, and how it fails."""

from __future__ import annotations

import os
import re
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from rigcli.testing import FakeServer
from tests.support.pictures import jpeg, png
from tests.support.program import Program, process

PNG = png(4, 2)
PATH = "POST /images/generations"


def data(*pictures: bytes, **more):
    return {"data": [{"b64_json": b64encode(picture).decode(), **more} for picture in pictures]}


@pytest.fixture
def base(server: FakeServer, here) -> tuple[str, ...]:
    server.beside[PATH] = (200, data(PNG))
    return ("-m", "openai-compatible/m", "--retries", "0", "--base-url", server.url)


def test_a_picture_is_saved_under_the_words_of_its_prompt_and_its_path_is_printed(rig: Program, server, base, here):
    result = rig("image", *base, "A red", "Fox, à la carte!")
    assert (result.code, result.err) == (0, "")
    name = result.out.removesuffix("\n")
    assert re.fullmatch(r"a-red-fox-a-la-carte-\d{8}-\d{6}\.png", name)
    assert (here / name).read_bytes() == PNG
    assert [path.name for path in here.iterdir()] == [name]
    assert server.requests[0].json == {"model": "m", "prompt": "A red Fox, à la carte!", "response_format": "b64_json"}


def test_json_is_one_object_with_what_is_known_of_each_picture(rig: Program, server, base):
    usage = {"input_tokens": 5, "output_tokens": 100}
    server.beside[PATH] = (200, {**data(PNG, jpeg(30, 20), revised_prompt="a tabby"), "usage": usage})
    result = rig("image", *base, "-n", "2", "--format", "json", "cat")
    first, second = result.json["images"]
    assert Path(first.pop("path")).suffix == ".png"
    assert first == {"mime": "image/png", "width": 4, "height": 2, "revised_prompt": "a tabby"}
    assert Path(second.pop("path")).suffix == ".jpg"
    assert second == {"mime": "image/jpeg", "width": 30, "height": 20, "revised_prompt": "a tabby"}
    assert (result.json["v"], result.json["error"], result.json["usage"]["output_tokens"]) == (1, None, 100)
    assert server.requests[0].json["n"] == 2


def test_a_picture_that_is_named_is_changed_and_options_go_along(rig: Program, server, base, here):
    (here / "old.png").write_bytes(PNG)
    server.beside["POST /images/edits"] = (200, data(PNG))
    flags = ("-f", "old.png", "--mask", "old.png", "--size", "512x512", "--quality", "low", "-o", "background=opaque")
    result = rig("image", *base, *flags, "-O", "new.png", "at night")
    assert (result.code, result.out, result.err) == (0, "new.png\n", "")
    body = server.requests[0].body
    for field in (b'name="image"; filename="old.png"', b'name="mask"', b"512x512", b"background"):
        assert field in body
    assert body.count(PNG) == 2


def test_a_file_that_is_there_is_written_over_only_by_force_and_nothing_is_paid_before(
    rig: Program, server, base, here
):
    (here / "cat.png").write_bytes(b"mine")
    result = rig("image", *base, "-O", "cat.png", "cat")
    assert (result.code, server.requests) == (2, [])
    assert "cat.png: is there already" in result.err
    assert (here / "cat.png").read_bytes() == b"mine"
    assert rig("image", *base, "-O", "cat.png", "--force", "cat").out == "cat.png\n"
    assert (here / "cat.png").read_bytes() == PNG


def test_several_pictures_are_numbered_and_a_folder_is_made(rig: Program, server, base, here):
    server.beside[PATH] = (200, data(PNG, PNG))
    assert rig("image", *base, "-n", "2", "-O", "cat.png", "cat").out == "cat.png\ncat-2.png\n"
    result = rig("image", *base, "-n", "2", "-O", "new/deep/", "cat")
    assert {Path(line).parent.as_posix() for line in result.out.splitlines()} == {"new/deep"}
    assert len(list((here / "new" / "deep").iterdir())) == 2


def test_the_ending_is_that_of_the_bytes(rig: Program, server, base):
    server.beside[PATH] = (200, data(jpeg(8, 8)))
    result = rig("image", *base, "-O", "cat.png", "cat")
    assert result.out == "cat.jpg\n"
    assert "saved as .jpg, not .png" in result.err
    assert rig("image", *base, "-O", "dog", "dog").out == "dog.jpg\n"


def test_the_bytes_go_to_stdout_where_it_says_so(server, base, here):
    with process("image", *base, "-O", "-", "cat", cwd=here) as run:
        out, err = run.communicate(timeout=30)
    assert (run.returncode, out, err) == (0, PNG, b"")
    assert list(here.iterdir()) == []


def test_a_picture_at_an_address_is_fetched_without_the_key(rig: Program, server, here, monkeypatch):
    """A server on this machine may name addresses of this machine; the key goes to the API alone."""
    monkeypatch.setenv("RIG_API_KEY", "sk-secret")
    server.beside[PATH] = (200, {"data": [{"url": f"{server.url}/files/a.png?sig=1"}]})
    server.beside["GET /files/a.png?sig=1"] = (200, PNG)
    result = rig("image", "-m", "openai-compatible/m", "--base-url", server.url, "-O", "cat", "cat")
    assert (result.code, result.out) == (0, "cat.png\n")
    asked, fetched = server.requests
    assert asked.headers["authorization"] == "Bearer sk-secret"
    assert "authorization" not in fetched.headers


def test_an_answer_that_is_a_picture_itself_is_one(rig: Program, server, here):
    server.beside["POST /org/flux"] = (200, PNG)
    flags = ("-m", "huggingface/org/flux", "--wire", "hf-image", "--base-url", server.url, "--retries", "0")
    assert rig("image", *flags, "-O", "cat", "cat").out == "cat.png\n"
    assert server.requests[0].json == {"inputs": "cat"}


def test_more_pictures_than_a_request_makes_take_several_in_their_order(rig: Program, server, here):
    server.beside["POST /v1beta/models/g:generateContent"] = (
        200,
        {
            "candidates": [{"content": {"parts": [{"inlineData": {"data": b64encode(PNG).decode()}}]}}],
            "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 1290},
        },
    )
    flags = ("--wire", "gemini-images", "--base-url", server.url, "--retries", "0", "--format", "json")
    result = rig("image", "-m", "gemini/g", *flags, "-n", "3", "-O", "cat", "cat")
    assert [Path(row["path"]).name for row in result.json["images"]] == ["cat.png", "cat-2.png", "cat-3.png"]
    assert (len(server.requests), result.json["usage"]["output_tokens"]) == (3, 3870)


def test_a_refusal_ends_with_7_and_its_reason(rig: Program, server, base, here):
    message = {"error": {"code": "moderation_blocked", "message": "Your request was rejected by the safety system."}}
    server.beside[PATH] = (400, message)
    result = rig("image", *base, "--format", "json", "cat")
    assert (result.code, result.json["images"]) == (7, [])
    assert "rejected by the safety system" in result.json["error"]["message"]
    assert "rejected by the safety system" in result.err
    assert list(here.iterdir()) == []


class Turns(dict):
    """Answers of which the last comes first."""

    def get(self, key, default=None):
        return self[key].pop() if key in self else default


def test_what_came_before_an_error_is_kept(rig: Program, server, here):
    """Of two requests one is refused: the other's picture is on disk and in the object; the exit code is the error's."""
    good = {"candidates": [{"content": {"parts": [{"inlineData": {"data": b64encode(PNG).decode()}}]}}]}
    bad = {"promptFeedback": {"blockReason": "OTHER"}}
    server.beside = Turns({"POST /v1beta/models/g:generateContent": [(200, bad), (200, good)]})
    flags = ("-m", "gemini/g", "--wire", "gemini-images", "--base-url", server.url, "--retries", "0")
    result = rig("image", *flags, "-n", "2", "-O", "cat", "--format", "json", "cat")
    assert (result.code, [row["path"] for row in result.json["images"]]) == (7, ["cat.png"])
    assert "blocked (OTHER)" in result.json["error"]["message"]
    assert (here / "cat.png").read_bytes() == PNG


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-O", "-", "-n", "2", "cat"), "stdout takes one picture"),
        (("-O", "-", "--format", "json", "cat"), "not both"),
        (("-f", "no.png", "cat"), "no such file"),
        (("-f", "a.txt", "cat"), "no picture"),
        (("--size", "big picture", "cat"), "no size"),
        (("--mask", "a.png", "cat"), "no picture for it"),
        ((" ",), "no prompt"),
    ],
)
def test_bad_input_is_told_before_anything_is_sent(rig: Program, server, base, here, words, message):
    (here / "a.txt").write_text("words", encoding="utf-8")
    (here / "a.png").write_bytes(PNG)
    result = rig("image", *base, *words)
    assert (result.code, server.requests) == (2, [])
    assert message in result.err


def test_who_makes_no_pictures_is_told_with_those_who_do(rig: Program, here, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    result = rig("image", "-m", "anthropic/claude", "cat")
    assert result.code == 2
    assert "no way to make pictures there" in result.err
    assert "gemini" in result.err
    assert rig("image", "cat").code == 2


def test_the_prompt_may_come_from_stdin_and_the_folder_and_model_from_the_settings(
    rig: Program, server, base, here, monkeypatch
):
    monkeypatch.setenv("RIG_IMAGE_FOLDER", str(here / "out"))
    monkeypatch.setenv("RIG_IMAGE_MODEL", "openai-compatible/m")
    result = rig("image", *base[2:], "-", stdin=b"a cat\n")
    assert Path(result.out.strip()).parent.name == "out"
    assert server.requests[0].json["prompt"] == "a cat"


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of our own")
@pytest.mark.parametrize(("flag", "shown"), [((), True), (("--no-show",), False), (("--show",), True)])
def test_a_terminal_that_answers_is_shown_the_picture(server, base, here, flag, shown):
    """The terminal here says that it has kitty's protocol and cells of 10 by 20 pixels."""
    pexpect = pytest.importorskip("pexpect")
    env = {**os.environ, "TERM": "xterm-256color", "RIG_UI_PICTURES": "auto"}
    run = pexpect.spawn(
        sys.executable, ["-m", "rigcli", "image", *base, *flag, "-O", "cat", "cat"], env=env, cwd=str(here), timeout=20
    )
    if shown:
        run.expect_exact("\x1b[c")
        run.send("\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62;c")
    run.expect(pexpect.EOF)
    text = run.before.decode()
    run.close()
    assert run.exitstatus == 0
    assert "cat.png" in text
    assert (f"\x1b_Ga=T,f=100,q=2,c=1,r=1,m=0;{b64encode(PNG).decode()}\x1b\\" in text) is shown


def test_a_pipe_is_never_shown_a_picture(rig: Program, base):
    assert "\x1b" not in rig("image", *base, "--show", "cat").out


def test_pictures_that_came_are_saved_where_another_could_not_be_fetched(rig: Program, server, base, here):
    both = {"data": [{"url": f"{server.url}/gone.png"}, *data(PNG)["data"]], "usage": {"output_tokens": 9}}
    server.beside[PATH] = (200, both)
    server.beside["GET /gone.png"] = (404, b"")
    result = rig("image", *base, "-n", "2", "--format", "json", "cat")
    assert (result.code, result.json["usage"]["output_tokens"]) == (7, 9)
    assert "answered 404" in result.json["error"]["message"]
    (one,) = result.json["images"]
    assert (here / one["path"]).read_bytes() == PNG


def test_a_recording_has_the_picture_at_its_address_too(rig: Program, server, base, here):
    server.beside[PATH] = (200, {"data": [{"url": f"{server.url}/made.png"}]})
    server.beside["GET /made.png"] = (200, PNG)
    assert rig("image", *base, "cat", "--record", "tape.jsonl", "-O", "first.png").code == 0
    asked = len(server.requests)
    played = rig("image", *base, "cat", "--replay", "tape.jsonl", "-O", "second.png")
    assert (played.code, played.out, len(server.requests)) == (0, "second.png\n", asked)
    assert (here / "second.png").read_bytes() == PNG


def test_no_name_acts_on_a_terminal(rig: Program, base, here):
    assert rig("image", *base, "cat", "-O", "red\x1b[31m.png").out == "red.png\n"
