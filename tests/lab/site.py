"""An HTTP server on loopback that answers each path as it is told, and remembers what it was asked."""

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from tests.lab.odd_http import TcpServer, request_read


@dataclass(slots=True)
class Answer:
    """One answer. A body that is not text is sent as JSON."""

    body: Any = ""
    status: int = 200
    content_type: str = "application/json"

    def wire(self) -> bytes:
        """Return the bytes of it."""
        content = (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()
        head = f"HTTP/1.1 {self.status} X\r\nContent-Type: {self.content_type}\r\nContent-Length: {len(content)}\r\n"
        return f"{head}Connection: close\r\n\r\n".encode() + content


@dataclass(slots=True)
class Site:
    """Answers by path; what it has no answer for is 404. ``asked`` holds the raw requests."""

    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    _server: TcpServer | None = None

    def __enter__(self) -> Self:
        self._server = TcpServer(self._serve)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.port}"

    def close(self) -> None:
        """Go down: connections are refused from now on."""
        if self._server:
            self._server.close()

    def answer(self, answers: Mapping[str, Answer]) -> None:
        """Answer these paths so from now on."""
        self.answers.update(answers)

    def _serve(self, connection: socket.socket) -> None:
        request = request_read(connection).decode("latin-1")
        self.asked.append(request)
        path = request.split(" ")[1] if request else ""
        connection.sendall(self.answers.get(path, Answer("404 page not found", 404, "text/plain")).wire())
