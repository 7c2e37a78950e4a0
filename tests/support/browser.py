"""Chromium, and what it asks the net for: a proxy that answers nothing hears of every request."""

import shutil
import socket
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

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
