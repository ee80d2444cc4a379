"""Runs flows: picks source, target, rules and store and calls the engine. The only place that wires."""

from integrations.runner.connecting import companies, ping
from integrations.runner.dispatch import run_soon, serve
from integrations.runner.foreground import sync

__all__ = ["companies", "ping", "run_soon", "serve", "sync"]
