"""Writes: run the tick, run one scenario, hear a heartbeat."""

from scenarios.services.heartbeat import heartbeat_ping
from scenarios.services.prune import runs_prune
from scenarios.services.run import scenario_run
from scenarios.services.tick import RunSummary, TickResult, tick_run

__all__ = ["RunSummary", "TickResult", "heartbeat_ping", "runs_prune", "scenario_run", "tick_run"]
