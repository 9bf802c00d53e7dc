"""Which certificates are trusted: the file the user names, SSL_CERT_FILE or SSL_CERT_DIR, else certifi's bundle."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path

from rigcli.core.errors import ConfigError


def trust(ca_file: str | None = None, ca_dir: str | None = None, offer: Sequence[str] = ()) -> ssl.SSLContext:
    """Return a client context that offers these protocols (ALPN).

    A file or folder of one's own replaces the bundle, as it does for curl.
    Reading the bundle takes about 20 ms of CPU: make one context and keep it. Raises ConfigError.
    """
    context = _context(ca_file, ca_dir)
    if offer:
        context.set_alpn_protocols(list(offer))
    return context


def _context(ca_file: str | None, ca_dir: str | None) -> ssl.SSLContext:
    if not ca_file and not ca_dir:
        import certifi  # noqa: PLC0415  only for TLS without a file of one's own

        return ssl.create_default_context(cafile=certifi.where())
    for path in (ca_file, ca_dir):
        if path and not Path(path).exists():
            raise ConfigError(f"CA file {path}: no such file", hint="see net.ca_file, SSL_CERT_FILE and SSL_CERT_DIR")
    try:
        return ssl.create_default_context(cafile=ca_file or None, capath=ca_dir or None)
    except ssl.SSLError:
        raise ConfigError(f"CA file {ca_file}: it holds no certificate", hint="it must be PEM text") from None
    except OSError as error:
        raise ConfigError(f"CA file {ca_file}: {error.strerror or error}") from None
