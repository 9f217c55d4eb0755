"""What a healthy reply says, checked: JSONPath with JSON Schema, and regular expressions.

Everything is compiled once, when the configuration is read; what does not compile raises ValueError
with a sentence for whoever wrote it. A check answers with None or with one short line that may be
shown to anybody: it quotes little of what came, and nothing that looks like a secret.
"""

from monitor.adapters.assertions.document import json_checks, json_path
from monitor.adapters.assertions.filling import filler
from monitor.adapters.assertions.signals import signal_reader
from monitor.adapters.assertions.text import body_check, header_checks

__all__ = ["body_check", "filler", "header_checks", "json_checks", "json_path", "signal_reader"]
