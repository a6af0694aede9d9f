"""Ask a SQLite file, read-only three times over: the file is opened so, the connection is set so, and an authorizer
lets only reading through, so that ATTACH, PRAGMA and the like cannot reach other files either."""

import sqlite3
from contextlib import closing
from pathlib import Path
from time import monotonic
from urllib.parse import quote, unquote, urlsplit

from scenarios.models import ProbeState
from scenarios.probes.base import Reason
from scenarios.probes.sql_answer import ROWS, Answer, SqlError

READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})
INSTRUCTIONS = 2000  # between two looks at the clock, well under a millisecond
VALUE_BYTES = 10_000_000


def sqlite_path(dsn: str) -> Path:
    """The absolute path that ``sqlite:////path`` names."""
    return Path("/" + unquote(urlsplit(dsn).path).lstrip("/"))


def sqlite_asked(path: Path, query: str, *, seconds: float) -> Answer:
    """Ask the file; raises SqlError. Blocks up to ``seconds``, or longer if the file system does."""
    ends = monotonic() + seconds
    try:
        with closing(_opened(path, seconds)) as connection:
            connection.set_progress_handler(lambda: monotonic() > ends, INSTRUCTIONS)
            connection.set_authorizer(_only_reading)
            cursor = connection.execute(query)
            rows = cursor.fetchmany(ROWS)
            return Answer([column[0] for column in cursor.description or ()], rows)
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise _explained(error, path) from error


def _opened(path: Path, seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=seconds, isolation_level=None)
    connection.execute("PRAGMA query_only=ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_BYTES)
    return connection


def _only_reading(action: int, _name: str | None, function: str | None, *_: str | None) -> int:
    is_reading = action in READING and function != "load_extension"
    return sqlite3.SQLITE_OK if is_reading else sqlite3.SQLITE_DENY


def _explained(error: sqlite3.Error | sqlite3.Warning, path: Path) -> SqlError:
    text = str(error)
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_CANTOPEN and not path.exists():
        return SqlError(f"{path} does not exist", ProbeState.DOWN, Reason.MISSING)
    if code == sqlite3.SQLITE_INTERRUPT:
        return SqlError("the query took too long", ProbeState.DOWN, Reason.TIMEOUT)
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return SqlError(text, ProbeState.DOWN, Reason.BAD_ANSWER)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return SqlError(text, ProbeState.UNKNOWN, Reason.TIMEOUT)
    if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return SqlError(text, ProbeState.UNKNOWN, Reason.PERMISSION)
    return SqlError(text, ProbeState.UNKNOWN, Reason.MISCONFIGURED)
