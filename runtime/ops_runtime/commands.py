"""What the commands do; they print for people and return exit codes."""

import json
import os
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from ops_runtime import __version__, clock
from ops_runtime.config import OPERATIONS, Config, State
from ops_runtime.contact import Contact
from ops_runtime.enrolment import Wish, runtime_configure
from ops_runtime.errors import OpsError, SetupError
from ops_runtime.journal import Journal
from ops_runtime.machine import Machine, running_lock
from ops_runtime.names import name_show
from ops_runtime.portal import Portal
from ops_runtime.status import journal_verify as _verify
from ops_runtime.status import status_read
from ops_runtime.trash import DAY
from ops_runtime.worker import Worker


def configure(state: State, options: Namespace) -> int:
    """Enrol."""
    wish = Wish(
        institution_id=options.institution_id,
        engine_base_url=options.engine_base_url,
        root_dir=Path(options.root_dir).absolute(),
        name=options.name,
        operations=tuple(sorted(set(options.allow))) or OPERATIONS,
        ca_file=options.ca_file,
        allow_insecure_http=options.insecure_http,
        is_replacing=options.replace,
    )
    config = runtime_configure(state, wish, _token(options))
    print(f"Enrolled as {config.runtime_id}. Confined to {config.root_dir}. Start it with: ops-runtime run")
    return 0


def run(state: State, options: Namespace) -> int:
    """Work."""
    config = state.config_load()
    running_lock(state)
    machine = Machine.open(state)
    try:
        with _portal(config, machine) as portal:
            worker = Worker(machine, portal)
            if options.once:
                worker.once()
            else:
                worker.run()
    finally:
        machine.close()
    return 0


def status(state: State, options: Namespace) -> int:
    """Say whether it works."""
    found = status_read(state)
    if options.json:
        print(json.dumps(found.as_json, indent=1, sort_keys=True))
    else:
        print("well" if found.healthy else "not well: " + " ".join(found.problems))
        for name, value in found.as_json.items():
            if name != "problems":
                print(f"  {name}: {value}")
    return 0 if found.healthy else 1


def journal_verify(state: State, _options: Namespace) -> int:
    """Check the journal."""
    try:
        last = _verify(state)
    except OpsError as error:
        print(error.message)
        return 1
    print(f"{last.seq} lines, {last.hash}" if last else "empty")
    return 0


def keys_list(state: State, _options: Namespace) -> int:
    """Show the keys."""
    config, contact = state.config_load(), Contact.load(state)
    trusted = contact.trusted(config)
    for kid, public in config.order_keys:
        print(f"{kid}  {public}  {'pinned' if kid in trusted else 'pinned, not listed by the portal'}")
    for kid, public in contact.offered(config).items():
        print(f"{kid}  {public}  offered: compare it with the portal's page, then ops-runtime keys accept {kid}")
    return 0


def keys_accept(state: State, options: Namespace) -> int:
    """Pin an offered key."""
    config = state.config_load()
    public = Contact.load(state).offered(config).get(options.kid)
    if public is None:
        raise SetupError("The portal offers no such key.")
    keys = dict(config.order_keys) | {options.kid: public}
    state.config_save(replace(config, order_keys=tuple(sorted(keys.items()))))
    journal = Journal(state.journal_file)
    journal.append("key_accepted", digest=public, note=options.kid)
    journal.close()
    print(f"Pinned {options.kid}. Restart ops-runtime run.")
    return 0


def trash_list(state: State, _options: Namespace) -> int:
    """Show the trash."""
    machine = Machine.open(state)
    for entry in machine.trash.entries():
        print(f"{entry.slot}  {clock.text(entry.at)}  {entry.kind}  {entry.size}  {name_show(entry.path)}")
    machine.close()
    return 0


def trash_restore(state: State, options: Namespace) -> int:
    """Put a thing back."""
    machine = Machine.open(state)
    try:
        entry = machine.trash.restore(options.id)
        machine.journal.append("restored", job=entry.job, note=entry.slot)
    finally:
        machine.close()
    print(f"Restored {name_show(entry.path)}.")
    return 0


def trash_purge(state: State, options: Namespace) -> int:
    """Remove what is old."""
    machine = Machine.open(state)
    days = 0 if options.all else machine.config.limits.trash_days
    purged = machine.trash.purge(clock.now() + 1 - days * DAY)
    for entry in purged:
        machine.journal.append("purged", job=entry.job, note=entry.slot)
    machine.close()
    print(f"Removed {len(purged)} for ever.")
    return 0


def version(_state: State, _options: Namespace) -> int:
    """Show the version."""
    print(f"ops-runtime {__version__}")
    return 0


def _portal(config: Config, machine: Machine) -> Portal:
    return Portal(config.engine_base_url, ca_file=config.ca_file, key=machine.key, keyid=config.runtime_id)


def _token(options: Namespace) -> str:
    source = options.actor_token_file
    if source == "-":
        token = sys.stdin.readline()
    elif source:
        try:
            token = Path(source).read_text(encoding="utf-8")
        except OSError as error:
            raise SetupError(f"--actor-token-file: {error.strerror}.") from None
    else:
        token = options.actor_token or os.environ.get("OPS_RUNTIME_ACTOR_TOKEN", "")
    token = token.strip()
    if not token.isascii() or not token.isprintable() or not token:
        raise SetupError("A token is needed: --actor-token-file, OPS_RUNTIME_ACTOR_TOKEN or --actor-token.")
    return token
