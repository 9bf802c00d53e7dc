"""The only room with a socket to a provider. It sends, limits and redacts; what a body means it does not know.

- `endpoint`: where a request goes and what it carries: base URL, auth headers (never in a repr), query, CA file, proxy
- `reach`: an endpoint made of settings and environment
- `client`: HttpTransport: one request, one connection, one answer
- `download`: what an answer names by its address: over https, from the public network, without a key
- `vetting`: which addresses a stranger's URL may lead to (pure); `fetch`: a page at such a URL, every hop vetted
- `http`: one HTTP/1.1 exchange, and the way to a host: straight, through a proxy (h11 knows the protocol)
- `http2`, `trunk`: exchanges that share a connection, and which one (h2, an extra)
- `pipe`: a socket as bytes in and bytes out, TLS included
- `socks`: SOCKS 5, the client's half
- `faults`: the one door through which the network's and h11's exceptions become ours
- `inflate`: gzip and deflate under a cap on the decoded bytes (pure)
- `proxy`: HTTP_PROXY and its kin, NO_PROXY, loopback (pure)
- `tls`: which certificates are trusted
- `door`: what all doors have, whatever is behind them
- `recording`, `tape`: exchanges kept without keys, and played in the place of the network
- `websocket`: answers over a WebSocket (wsproto, an extra)
- `kept`: connections that wait for the next question
- `sign`, `sigv4`: requests that carry a signature instead of a key (AWS; botocore, an extra)
- `google_login`: a token of Google's default login (google-auth, an extra)
- `retry`: when to send again, and after how long (pure)
- `redact`: keys out of headers, URLs, texts; the `curl` line of --explain (pure)
- `wirelog`: what goes over the wire, told line by line without keys, for --debug
- `probe`: which ports of this machine take a connection
"""
