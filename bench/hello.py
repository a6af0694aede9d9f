"""The least a page with a stylesheet and htmx can be, served compressed: what other pages are compared with."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

CSS_BYTES = 13_700
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Hello</title>
<link rel="stylesheet" href="/hello.css"><script src="/htmx.js" defer></script></head>
<body><main><h1>Hello</h1><p>Nothing else.</p></main></body></html>"""


@contextmanager
def hello_running(htmx: Path) -> Iterator[str]:
    """Serve the page from a thread; yield its address."""
    files = {
        "/": ("text/html; charset=utf-8", gzip.compress(PAGE.encode())),
        "/hello.css": ("text/css", gzip.compress(_rules().encode())),
        "/htmx.js": ("text/javascript", gzip.compress(htmx.read_bytes())),
    }

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, body = files.get(self.path, ("text/plain", b""))
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", kind)
            if body:
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def _rules() -> str:
    """Rules enough for CSS_BYTES, all different."""
    rules = (f".c{number} {{ color: #{number:06x}; margin: {number % 17}px; }}" for number in range(1000))
    text = "\n".join(rules)[:CSS_BYTES]
    return text[: text.rindex("}") + 1]
