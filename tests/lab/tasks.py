"""Tasks for tests that run a real job cluster. What they did stands in a file."""

import os
import time
from pathlib import Path


def work(path: str, word: str, seconds: float = 0) -> None:
    """Note that the task began, take ``seconds``, note that it ended."""
    note(path, f"{word} begins {os.getpid()}")
    time.sleep(seconds)
    note(path, f"{word} ends")


def note(path: str, line: str) -> None:
    """Append a line; one write, so that processes do not mix theirs."""
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def nothing() -> None:
    """Take no time."""
