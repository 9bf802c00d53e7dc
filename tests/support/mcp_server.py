"""A server of the Model Context Protocol that does what a test wants, bad things too. Plain JSON lines, no SDK.

    python mcp_server.py STATE.json

STATE is read anew for each request, so that a test changes the server while it runs: `tools`, `prompts`, `resources`,
`results` (tool name -> result), `stderr` (said at start), `then` (what `tools` become after the first listing), `asks`
(requests that a call of the tool `ask` makes of the client first), `hang` (a tool that never answers), `die` (a tool that
ends the process), `ignore_eof` (live on when stdin ends), `child` (start a process that outlives).
What came in is appended to STATE.json.log, a line each.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

STATE = Path(sys.argv[1])
LOCK = threading.Lock()
WAITING = {}


def state():
    return json.loads(STATE.read_text())


def send(message):
    with LOCK:
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        sys.stdout.flush()


def ask(number, request):
    """Ask the client for something and return what it says."""
    came = WAITING[f"ask-{number}"] = threading.Event()
    send({"id": f"ask-{number}", **request})
    came.wait(20)
    return came.answer


def call(message):
    now, name = state(), message["params"]["name"]
    token = message["params"].get("_meta", {}).get("progressToken")
    if name == now.get("hang"):
        return
    if name == now.get("die"):
        os._exit(3)
    if token is not None and "progress" in now:
        send({"method": "notifications/progress", "params": {"progressToken": token, "progress": 1, "total": 2, "message": now["progress"]}})  # fmt: skip
    if name == "ask":
        said = [ask(number, request) for number, request in enumerate(now["asks"])]
        result = {"content": [{"type": "text", "text": json.dumps(said)}]}
    elif name == "env":
        result = {"content": [{"type": "text", "text": json.dumps({"env": dict(os.environ), "cwd": str(Path.cwd())})}]}
    else:
        result = now.get("results", {}).get(name, {"content": [{"type": "text", "text": json.dumps(message["params"].get("arguments"))}]})  # fmt: skip
    send({"id": message["id"], "result": result})


def answer(message):
    """Return the result of a request, None for a method that is not known."""
    now, method, params = state(), message["method"], message.get("params", {})
    if method == "tools/list" and "then" in now:
        result = {"tools": now["tools"]}
        now["tools"] = now.pop("then")
        STATE.write_text(json.dumps(now))
        threading.Timer(0.3, send, [{"method": "notifications/tools/list_changed"}]).start()
        return result
    able = {"tools": {"listChanged": True}, "prompts": {}, "resources": {}, "logging": {}}
    uri = params.get("uri")
    prompt = f"{params.get('name')} {json.dumps(params.get('arguments', {}))}"
    return {
        "initialize": {"protocolVersion": "2025-11-25", "capabilities": able, "serverInfo": {"name": "fake", "version": "1"}},
        "tools/list": {"tools": now.get("tools", [])},
        "prompts/list": {"prompts": now.get("prompts", [])},
        "prompts/get": {"messages": [{"role": "user", "content": {"type": "text", "text": prompt}}]},
        "resources/list": {"resources": now.get("resources", [])},
        "resources/templates/list": {"resourceTemplates": []},
        "resources/read": {"contents": [{"uri": uri, "mimeType": "text/plain", "text": now.get("read", {}).get(uri, f"of {uri}")}]},
    }.get(method)  # fmt: skip


def main():
    now = state()
    for line in now.get("stderr", []):
        sys.stderr.write(line)
        sys.stderr.flush()
    if now.get("child"):
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import os,signal,time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nos.setsid()\ntime.sleep(60)",
            ]
        )
    if now.get("ignore_eof"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with Path(f"{STATE}.log").open("a") as log:
        log.write(json.dumps({"pid": os.getpid()}) + "\n")
        log.flush()
        for line in sys.stdin:
            log.write(line.rstrip("\n") + "\n")
            log.flush()
            message = json.loads(line)
            if "method" not in message:
                came = WAITING.pop(message["id"])
                came.answer = message.get("result", message.get("error"))
                came.set()
            elif message["method"] == "tools/call":
                threading.Thread(target=call, args=[message], daemon=True).start()
            elif "id" in message:
                result = answer(message)
                send({"id": message["id"], "result": result} if result is not None else {"id": message["id"], "error": {"code": -32601, "message": "Method not found"}})  # fmt: skip
    while now.get("ignore_eof"):
        time.sleep(1)


main()
