"""Chromium, and what it asks the net for: a proxy that answers nothing hears of every request."""

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WAIT = 240  # seconds, of which a busy machine takes some
BOUND = ("setpriv", "--pdeathsig=KILL")  # before a command: it ends with these tests, even if they are killed


@dataclass
class Proxy:
    """Keeps the first line of every request, and refuses it."""

    asked: list[str] = field(default_factory=list)
    server: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def __post_init__(self) -> None:
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def address(self) -> str:
        """What Chromium calls it."""
        return f"http://127.0.0.1:{self.server.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            try:
                connection = self.server.accept()[0]
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                try:
                    self.asked.append(connection.recv(4096).decode("latin-1").split("\r\n")[0])
                    connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                except OSError:
                    continue


@dataclass
class Browser:
    """A Chromium whose profile and pages lie in *folder*."""

    program: str
    folder: Path

    @classmethod
    def found(cls, folder: Path) -> "Browser":
        """The Chromium of this machine; a test that needs one is skipped where there is none."""
        program = shutil.which("chromium")
        if program is None:
            pytest.skip("chromium is not installed")
        return cls(program, folder)

    def document(self, page: str, proxy: Proxy | None = None) -> str:
        """What the document of a page has become after its scripts ran; *proxy* hears what it asks for."""
        target = self.folder / "page.html"
        target.write_text(page, "utf-8")
        options = [*OPTIONS, f"--user-data-dir={self.folder / 'profile'}", "--dump-dom"]
        if proxy is not None:
            options += [f"--proxy-server={proxy.address}", "--proxy-bypass-list=<-loopback>", "--virtual-time-budget=2000"]
        command = [self.program, *options, target.as_uri()]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout

    @contextmanager
    def tab(self) -> Iterator["Tab"]:
        """An open tab, which reaches this machine's loopback and nothing else."""
        websocket = pytest.importorskip("websocket")
        profile = self.folder / "profile"
        port = profile / "DevToolsActivePort"
        nowhere = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        options = [*OPTIONS, f"--user-data-dir={profile}", "--remote-debugging-port=0", nowhere, "about:blank"]
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
        with subprocess.Popen([*BOUND, self.program, *options], **quiet) as chromium:
            try:
                until(lambda: port.is_file() and port.read_text().count("\n"))
                address = f"http://127.0.0.1:{port.read_text().split()[0]}/json/list"
                with urllib.request.urlopen(address, timeout=WAIT) as answer:
                    (page,) = (found for found in json.load(answer) if found["type"] == "page")
                yield Tab(websocket.create_connection(page["webSocketDebuggerUrl"], timeout=WAIT, suppress_origin=True))
            finally:
                os.killpg(chromium.pid, signal.SIGKILL)


def until(ready: Callable[[], Any]) -> Any:
    """The first answer that is true; there has to be one in time."""
    end = time.monotonic() + WAIT
    while not (found := ready()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)
    return found


@dataclass
class Tab:
    """A tab, by way of Chromium's DevTools protocol."""

    connection: Any
    numbers: Iterator[int] = field(default_factory=itertools.count)
    requested: list[str] = field(default_factory=list)  # by the page, once `Network.enable` was called

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol."""
        number = next(self.numbers)
        self.connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self.connection.recv())).get("id") != number:
            if answer.get("method") == "Network.requestWillBeSent":
                self.requested.append(answer["params"]["request"]["url"])
        found: dict[str, Any] = answer["result"]
        return found

    def open(self, address: str) -> None:
        """Go to a page and wait until it is loaded."""
        self.call("Page.navigate", url=address)
        self.wait("document.readyState === 'complete'")

    def wait(self, expression: str) -> Any:
        """The value of an expression of JavaScript as soon as it is true."""
        return until(lambda: self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value"))

    def see(self, selector: str) -> str:
        """The text of the first such element as soon as there is one with any text."""
        return str(self.wait(f"document.querySelector({json.dumps(selector)})?.textContent"))
