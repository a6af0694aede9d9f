"""The command line: what may be said, and which code a command ends with (0 fine, 1 not healthy, 2 refused)."""

import argparse
import os
import platform
import sys
from pathlib import Path

from ops_runtime import __version__, commands
from ops_runtime.config import OPERATIONS, State
from ops_runtime.errors import OpsError


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    state = State(Path(options.state_dir).absolute()) if options.state_dir else State.default()
    os.umask(0o077)
    try:
        return int(options.command(state, options))
    except OpsError as error:
        print(f"ops-runtime: {error.message}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ops-runtime", description="Does what was agreed to, in one folder, once.")
    parser.add_argument("--state-dir", default="", help="where key, journal and trash are (OPS_RUNTIME_STATE_DIR)")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    _configure(verbs)
    run = verbs.add_parser("run", help="work for the portal until SIGTERM")
    run.add_argument("--once", action="store_true", help="one round, then end")
    run.set_defaults(command=commands.run)
    status = verbs.add_parser("status", help="whether it works; code 1 when not")
    status.add_argument("--json", action="store_true")
    status.set_defaults(command=commands.status)
    _journal(verbs)
    _keys(verbs)
    _trash(verbs)
    verbs.add_parser("version", help="the version").set_defaults(command=commands.version)
    return parser


def _configure(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser("configure", help="enrol this machine, once")
    verb.add_argument("--institution-id", required=True)
    verb.add_argument("--engine-base-url", required=True)
    verb.add_argument("--root-dir", required=True, help="the folder that it confines itself to")
    verb.add_argument("--actor-token", default="", help="single-use; others see it in the list of processes")
    verb.add_argument("--actor-token-file", default="", help="a file that has it, or - for the standard input")
    verb.add_argument("--name", default=platform.node() or "runtime")
    verb.add_argument("--allow", action="append", default=[], metavar="OP", choices=OPERATIONS, help="only these")
    verb.add_argument("--ca-file", default="", help="a certificate authority of your own")
    verb.add_argument("--insecure-http", action="store_true", help="http:// beyond this machine, for laboratories")
    verb.add_argument("--replace", action="store_true", help="forget the identity that it has")
    verb.set_defaults(command=commands.configure)


def _journal(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    below = verbs.add_parser("journal", help="what it did").add_subparsers(required=True, metavar="COMMAND")
    below.add_parser("verify", help="every line follows the one before").set_defaults(command=commands.journal_verify)


def _keys(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    below = verbs.add_parser("keys", help="whose orders it believes").add_subparsers(required=True, metavar="COMMAND")
    below.add_parser("list", help="pinned and offered").set_defaults(command=commands.keys_list)
    accept = below.add_parser("accept", help="pin a key that the portal offers")
    accept.add_argument("kid")
    accept.set_defaults(command=commands.keys_accept)


def _trash(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    below = verbs.add_parser("trash", help="what was deleted").add_subparsers(required=True, metavar="COMMAND")
    below.add_parser("list", help="what is in it").set_defaults(command=commands.trash_list)
    restore = below.add_parser("restore", help="put a thing back where it was")
    restore.add_argument("id")
    restore.set_defaults(command=commands.trash_restore)
    purge = below.add_parser("purge", help="remove for ever what is older than the retention")
    purge.add_argument("--all", action="store_true", help="everything, of whatever age")
    purge.set_defaults(command=commands.trash_purge)


__all__ = ["__version__", "main"]
