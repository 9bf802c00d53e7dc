"""Pictures in a terminal: each protocol is read back here as a terminal would, and what a terminal can is found out."""

from __future__ import annotations

import re
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rigcli.ui.pictures import Screen, fit, iterm, kitty, picture, sixel, tmux
from rigcli.ui.pictures.detect import screen_of
from rigcli.ui.pictures.sixel import Raster
from tests.support.pictures import gif, png

PNG = png(16, 16)


def read_kitty(text: str) -> tuple[dict[str, str], bytes]:
    """Return the keys of the first sequence and the data of all, as the protocol puts them together."""
    pieces = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", text)
    assert re.sub(r"\x1b_G[^\x1b]*\x1b\\", "", text) == ""
    keys = dict(pair.split("=") for pair in pieces[0][0].split(","))
    more = [dict(pair.split("=") for pair in head.split(","))["m"] for head, _ in pieces]
    assert more == ["1"] * (len(pieces) - 1) + ["0"]
    assert all(len(data) <= 4096 for _, data in pieces)
    return keys, b64decode("".join(data for _, data in pieces))


def read_sixel(text: str) -> list[list[tuple[int, int, int] | None]]:
    """Return the pixels, as percentages, None where nothing was drawn."""
    found = re.fullmatch(r'\x1bP0;1;0q"1;1;(\d+);(\d+)(.*)\x1b\\', text, re.DOTALL)
    assert found
    width, height = int(found[1]), int(found[2])
    canvas: list[list[tuple[int, int, int] | None]] = [[None] * width for _ in range(height)]
    palette: dict[int, tuple[int, int, int]] = {}
    x = y = number = 0
    for token in re.findall(r"#\d+;2;\d+;\d+;\d+|#\d+|!\d+[?-~]|[?-~]|\$|-", found[3]):
        if token == "$":
            x = 0
        elif token == "-":
            x, y = 0, y + 6
        elif token[0] == "#":
            parts = [int(part) for part in token[1:].split(";")]
            number = parts[0]
            if parts[1:]:
                palette[number] = (parts[2], parts[3], parts[4])
        else:
            count = int(token[1:-1]) if token[0] == "!" else 1
            for step in range(6):
                for column in range(x, x + count) if (ord(token[-1]) - 63) >> step & 1 else ():
                    canvas[y + step][column] = palette[number]
            x += count
    return canvas


@given(st.binary(min_size=1, max_size=20_000))
def test_kitty_gets_the_file_back_whole(data):
    keys, back = read_kitty("".join(kitty.encode(data, 10, 5)))
    assert back == data
    assert (keys["a"], keys["f"], keys["c"], keys["r"], keys["q"]) == ("T", "100", "10", "5", "2")


def test_iterm_gets_the_file_back_whole_at_once_or_in_parts():
    found = re.fullmatch(r"\x1b]1337;File=([^:]*):([^\x07]*)\x07", iterm.encode(PNG, 10, 5))
    assert found
    assert b64decode(found[2]) == PNG
    assert "inline=1" in found[1].split(";")
    assert f"size={len(PNG)}" in found[1].split(";")
    first, *parts, last = iterm.in_parts(PNG * 2000, 10, 5)
    assert first.startswith("\x1b]1337;MultipartFile=inline=1;")
    assert last == "\x1b]1337;FileEnd\x07"
    assert b64decode("".join(part.removeprefix("\x1b]1337;FilePart=")[:-1] for part in parts)) == PNG * 2000


@given(st.integers(1, 20), st.integers(1, 20), st.randoms(use_true_random=False))
def test_sixel_draws_the_same_pixels(width, height, random):
    palette = ((0, 0, 0), (255, 0, 0), (51, 102, 255))
    pixels = bytes(random.randrange(4) for _ in range(width * height))  # the fourth is transparent
    canvas = read_sixel(sixel.encode(Raster(width, height, palette, pixels)))
    percent = [(0, 0, 0), (100, 0, 0), (20, 40, 100), None]
    assert [cell for row in canvas for cell in row] == [percent[number] for number in pixels]


def test_tmux_hands_on_what_stands_in_its_envelope():
    assert tmux.through("\x1b_Gx\x1b\\") == "\x1bPtmux;\x1b\x1b_Gx\x1b\x1b\\\x1b\\"
    text = picture(Screen("kitty", tmux=True), PNG)
    assert text.startswith("\n\x1b[1A\x1b7\x1bPtmux;")
    inner = re.search(r"\x1bPtmux;((?:[^\x1b]|\x1b\x1b)*)\x1b\\", text)
    assert inner
    assert read_kitty(inner[1].replace("\x1b\x1b", "\x1b"))[1] == PNG


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.integers(1, 300), st.integers(1, 100))
def test_a_picture_fits_whatever_its_shape(width, height, columns, rows):
    wide, high = fit((width, height), Screen("kitty", columns, rows, (8, 16)))
    assert 1 <= wide <= columns
    assert 1 <= high <= max(1, rows - 2)
    assert wide <= -(-width // 8)


def test_kitty_is_shown_a_png_as_it_is_and_damaged_pictures_are_not_shown():
    assert read_kitty(picture(Screen("kitty"), PNG).removesuffix("\n"))[1] == PNG
    for protocol in ("kitty", "sixel"):
        assert picture(Screen(protocol), gif(3, 3)) == ""
    assert picture(Screen("iterm"), b"no picture") == ""


def test_other_kinds_and_sixel_are_made_of_pixels():
    pillow = pytest.importorskip("PIL.Image")
    from io import BytesIO

    out = BytesIO()
    pillow.new("RGB", (40, 20), (0, 0, 255)).save(out, "JPEG")
    assert read_kitty(picture(Screen("kitty"), out.getvalue()).removesuffix("\n"))[1].startswith(b"\x89PNG")
    canvas = read_sixel(picture(Screen("sixel", 80, 24, (8, 16)), png(40, 20, (255, 0, 0))).removesuffix("\n"))
    assert (len(canvas[0]), len(canvas)) == (40, 20)
    assert {cell for row in canvas for cell in row} == {(100, 0, 0)}
    clear = BytesIO()
    pillow.new("RGBA", (6, 6), (0, 0, 0, 0)).save(clear, "PNG")
    assert {cell for row in read_sixel(picture(Screen("sixel"), clear.getvalue())[:-1]) for cell in row} == {None}


@pytest.mark.parametrize(
    ("env", "said", "protocol"),
    [
        ({"TERM": "xterm-kitty"}, "", "kitty"),
        ({"TERM": "xterm-ghostty"}, "", "kitty"),
        ({"TERM_PROGRAM": "iTerm.app"}, "", "iterm"),
        ({"TERM_PROGRAM": "WezTerm"}, "\x1b[?65;4;6c", "iterm"),
        ({"TERM": "xterm-256color"}, "\x1b_Gi=31;OK\x1b\\\x1b[?62;c", "kitty"),
        ({"TERM": "xterm-256color"}, "\x1b_Gi=31;EINVAL\x1b\\\x1b[?62;c", None),
        ({"TERM": "xterm-256color"}, "\x1b[?62;22c", None),
        ({"TERM": "xterm-256color"}, "\x1b[?64;22c", None),
        ({"TERM": "xterm-256color"}, "", None),
        ({"TERM": "dumb", "KITTY_WINDOW_ID": "1"}, "", None),
        ({"TERM": "screen", "STY": "1"}, "\x1b_Gi=31;OK\x1b\\", None),
    ],
)
def test_a_terminal_is_known_by_its_name_or_by_its_answer(env, said, protocol):
    screen = screen_of(env, ask=lambda _: said)
    assert (screen and screen.protocol) == protocol


def test_sixel_is_found_by_the_answer_and_needs_pillow(monkeypatch):
    said = "\x1b[6;20;10t\x1b[?64;4;22c"
    monkeypatch.setattr("rigcli.ui.pictures.pixels.available", lambda: True)
    screen = screen_of({"TERM": "foot"}, ask=lambda _: said)
    assert screen
    assert (screen.protocol, screen.cell) == ("sixel", (10, 20))
    monkeypatch.setattr("rigcli.ui.pictures.pixels.available", lambda: False)
    assert screen_of({"TERM": "foot"}, ask=lambda _: said) is None


def test_inside_tmux_nothing_is_handed_on_that_it_does_not_allow(monkeypatch):
    env = {"TERM": "tmux-256color", "TMUX": "/tmp/x,1,0", "KITTY_WINDOW_ID": "1"}
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return "\x1b[?1;2c"

    monkeypatch.setattr("rigcli.ui.pictures.tmux.allows", lambda: False)
    assert screen_of(env, ask=ask) is None
    monkeypatch.setattr("rigcli.ui.pictures.tmux.allows", lambda: True)
    screen = screen_of(env, ask=ask)
    assert screen
    assert (screen.protocol, screen.tmux) == ("kitty", True)
    assert all("_G" not in question for question in asked)


def test_the_setting_goes_before_what_is_found_out():
    assert screen_of({"TERM": "xterm-kitty"}, "never") is None
    screen = screen_of({"TERM": "xterm"}, "iterm", ask=lambda _: "")
    assert screen
    assert screen.protocol == "iterm"
