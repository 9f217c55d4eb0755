"""`notify --preview`: what one channel would say about an outage that never was, to nobody."""

import json
from dataclasses import replace
from typing import Any

import click

from alerts.channels import ChannelConfig
from alerts.channels.own_words import Spoken
from alerts.channels.written import written
from alerts.message import Notification
from alerts.templates import OwnWords, samples
from alerts.words import Words


def preview(name: str, config: ChannelConfig, *, as_json: bool) -> int:
    """Show the words for each kind of message; as JSON, also the message itself.

    Returns 0, or 1 when a template failed.
    """
    own = OwnWords(name, config.templates.sources if isinstance(config, Spoken) else {})
    said = [(one, own.found(one)) for one in samples()]
    if as_json:
        shown = [
            {**_as_json(one, words), "message": written(replace(one, said=words), config)}
            for one, words in said
        ]
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        for one, words in said:
            _show(one, words)
    return 1 if any(words.failed for _, words in said) else 0


def _show(one: Notification, words: Words) -> None:
    click.echo(click.style(f"--- {one.why}", dim=True))
    click.echo(click.style(words.title, bold=True))
    click.echo(words.short)
    click.echo("\n".join(f"  {line}" for line in words.text.splitlines()))
    click.echo()


def _as_json(one: Notification, words: Words) -> dict[str, Any]:
    return {
        "reason": one.why.value,
        "title": words.title,
        "short": words.short,
        "body": words.text,
        "lines": None if words.body is not None else [list(line) for line in words.lines],
        "failed": words.failed,
    }
