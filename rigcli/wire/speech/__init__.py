"""Text -> speech: one folder for all its formats. Pure, like the wires.

`base` is what they share, the other names are formats; `split` cuts a long text, `join` makes one recording of several
answers, `sound` reads an answer, `mp3` and `wav` know those two. What a row says about its dialect are quirks
(rigcli/wire/quirks.py).
"""

from __future__ import annotations

from rigcli.wire.speech.base import Saying, SpeechWire, Voice
from rigcli.wire.speech.join import Track
from rigcli.wire.speech.sound import FORMATS, Format
from rigcli.wire.speech.split import split

__all__ = ["FORMATS", "Format", "Saying", "SpeechWire", "Track", "Voice", "split"]
