"""Speech -> text in formats that are not OpenAI's (that is rigcli/wire/transcription.py). Pure, like the wires.

`base` is what they share, `words` makes sentences of words with times, `subtitles` makes SRT and WebVTT of sentences.
"""
