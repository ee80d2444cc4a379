"""A tenant as code: its users, connections, integrations, flows, mappings and policies in one TOML document."""

from integrations.runner.configuring.applying import apply, compare
from integrations.runner.configuring.change import Change
from integrations.runner.configuring.document import Document, Wrong, dump, load
from integrations.runner.configuring.exporting import export

__all__ = ["Change", "Document", "Wrong", "apply", "compare", "dump", "export", "load"]
