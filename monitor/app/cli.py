"""The command line.

Exit codes: 0 well, 1 not well, 2 a wrong configuration or command, 3 nobody who could be asked.
"""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from monitor import __version__
from monitor.app import cli_alerts, cli_journal, cli_remote, cli_silence
from monitor.app.exits import CONFIG, examples, file_of, settings_of, with_code
from monitor.omilia.regions import REGIONS

_EXAMPLES = examples(
    "demo                          see it work, without credentials or network",
    "init --region us1 -o my.yml   a configuration for your region",
    "check-config -c my.yml        every problem of a file at once",
    "probe -c my.yml               one look at every endpoint",
    "notify ops -c my.yml          a test alert through one channel",
    "run -c my.yml                 the daemon; SIGHUP reloads, SIGTERM ends it",
    "status                        how everything stands, in ten seconds",
    "journal --owed                what is not told yet, and why",
)


@click.group(epilog=_EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="omilia-monitor")
def main() -> None:
    """Watch the Omilia Cloud Platform, and tell services, people and channels how it stands."""


main.add_command(cli_alerts.notify)
main.add_command(cli_alerts.channels)
main.add_command(cli_alerts.route)
main.add_command(cli_remote.ack)
main.add_command(cli_journal.status)
main.add_command(cli_journal.journal)
main.add_command(cli_silence.silence)


@main.command(epilog=examples("run -c my.yml"))
@CONFIG
@with_code
def run(config: str | None) -> int:
    """Run the daemon.

    SIGHUP reads the configuration again; a wrong one changes nothing. SIGTERM and SIGINT end it
    within 10 s. Exit code 2 when the configuration is wrong, 1 when the address is taken.
    """
    from monitor.app.commands.run import run as run_daemon  # noqa: PLC0415  --help stays quick

    return run_daemon(file_of(config))


@main.command("check-config", epilog=examples("check-config -c my.yml"))
@CONFIG
@with_code
def check_config(config: str | None) -> None:
    """Check a configuration: exit code 0, or 2 with every problem."""
    from monitor.app.budgeting import costs  # noqa: PLC0415  --help stays quick
    from monitor.core.grounds import figure  # noqa: PLC0415

    path, settings = file_of(config), settings_of(config)
    rate = sum(1 / endpoint.every for endpoint in settings.endpoints)
    count = len(settings.endpoints)
    click.echo(f"{path}: {count} endpoint{'s' * (count != 1)}, {figure(rate)} probes a second")
    backend = settings.store_url.partition(":")[0]
    for line in costs(settings):
        click.echo(line)
    click.echo(f"disk: {_disk(rate, settings, backend)} in the long run ({backend})")


def _disk(rate: float, settings: Any, backend: str) -> str:
    from monitor.adapters.store import Retention, estimate  # noqa: PLC0415  --help stays quick

    keep = settings.retention
    size: float = estimate(
        rate, len(settings.endpoints), Retention(keep.outcomes, keep.minutes, keep.hours), backend
    )
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:  # noqa: PLR2004  SI prefixes
            return f"about {size:.0f} {unit}"
        size /= 1000
    return f"about {size:.1f} TB"


@main.command("show-config", epilog=examples("show-config -c my.yml"))
@CONFIG
@with_code
def show_config(config: str | None) -> None:
    """Show the effective configuration: defaults filled in, secrets as where they come from."""
    from ruamel.yaml import YAML  # noqa: PLC0415  --help stays quick

    from monitor.app.redaction import shown  # noqa: PLC0415

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(shown(settings_of(config)), sys.stdout)


@main.command(epilog=examples("init --region us1 -o my.yml"))
@click.option("--region", required=True, type=click.Choice(list(REGIONS)), help="Omilia's region.")
@click.option("-o", "--output", default="-", metavar="FILE", help="Where to; the terminal, or -.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@with_code
def init(region: str, output: str, force: bool) -> int:  # noqa: FBT001  click's way
    """Write a commented configuration for a region of Omilia's, from the catalogue.

    It works as it is, given a personal access token in the environment variable OCP_PAT.
    """
    from monitor.app.commands.init import init as write  # noqa: PLC0415  --help stays quick

    return write(region, output, force=force)


@main.command(epilog=examples("probe", "probe chat-rest -c my.yml --json"))
@click.argument("ids", nargs=-1, metavar="[ID]...")
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@with_code
def probe(ids: tuple[str, ...], config: str | None, as_json: bool) -> int:  # noqa: FBT001  click's way
    """Probe endpoints once, all or those named: no alert, no store.

    Shows each exchange with its phases and how it was judged. Exit code 0 when all are ok, else 1.
    """
    from monitor.app.commands.probe import probe as probe_once  # noqa: PLC0415

    return probe_once(settings_of(config), ids, as_json=as_json)


@main.command(
    epilog=examples("report --month 2026-11", "report --month 2026-11 --html -o november.html")
)
@click.option("--month", metavar="YYYY-MM", help="The one that goes on, when left out.")
@click.option("--region", help="Only this one of Omilia's.")
@click.option("--json", "form", flag_value="json", help="For scripts; what /v1/availability says.")
@click.option("--html", "form", flag_value="html", help="One page, to be looked at or printed.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write it to a file.")
@CONFIG
@click.option("--url", help="Ask a running daemon instead of reading the store.")
@with_code
def report(month: str | None, form: str | None, **options: Any) -> int:
    """Report a month's availability as the contract counts it, region by region.

    Reads the configuration's store, whether or not a daemon runs. Exit code 0 when the target is
    met, 1 when it is missed, 3 when there are no figures.
    """
    from monitor.app.commands.report import report as write  # noqa: PLC0415  --help stays quick
    from monitor.core.month import Month  # noqa: PLC0415

    if options["url"] is not None and options["config"] is not None:
        raise click.UsageError("either --url or --config: a daemon has its own configuration")
    try:
        asked = None if month is None else Month.parse(month)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--month") from None
    return write(month=asked, form=form or "text", **options)


@main.command(
    epilog=examples(
        "replay --from 2026-11-01T00:00:00Z --with other.yml",
        "replay --from 2026-11-22T00:00:00Z --export day.jsonl",
        "replay day.jsonl",
    )
)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--from", "start", metavar="RFC3339", help="What the store holds since then.")
@click.option("--to", "end", metavar="RFC3339", help="Until then; now when left out.")
@CONFIG
@click.option("--with", "other", type=click.Path(path_type=Path), help="Settings to compare with.")
@click.option("--export", type=click.Path(path_type=Path), help="Write the record to a file.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@with_code
def replay(start: str | None, end: str | None, config: str | None, **options: Any) -> int:
    """Play recorded outcomes through these settings, and through others beside them.

    The record is FILE (JSON lines), or what the store holds; a daemon may be using it. Exit code 3
    when it cannot be read. docs/replay.md says what a replay can tell, and what it cannot.
    """
    from monitor.app.commands.replay import replay as play  # noqa: PLC0415  --help stays quick

    if options["file"] is None and start is None:
        raise click.UsageError("name a FILE, or say --from when")
    since, until = _moment("--from", start), _moment("--to", end)
    return play(config=file_of(config), start=since, end=until, **options)


@main.command(epilog=examples("demo", "demo --for 60s --json"))
@click.option("--for", "for_", metavar="DURATION", help="End by itself, for example after 60s.")
@click.option(
    "--listen",
    metavar="HOST:PORT",
    help="Where the API answers; 127.0.0.1:8080, or any free port when that is taken.",
)
@click.option("--json", "as_json", is_flag=True, help="Events as JSON lines.")
@with_code
def demo(for_: str | None, listen: str | None, as_json: bool) -> int:  # noqa: FBT001  click's way
    """Tell a simulated outage as it happens: trip, alert, recovery, resolve.

    Needs no credentials, no network and no services. With --for the exit code is 0 when the whole
    story was seen, else 1.
    """
    from monitor.app.commands.demo import demo as tell  # noqa: PLC0415

    return tell(for_=_seconds(for_), listen=_address(listen), as_json=as_json)


@main.command(
    epilog=examples(
        "simulate --region us1", "simulate --listen 127.0.0.1:8090 --script outage-script.yml"
    )
)
@click.option("--listen", default="127.0.0.1:8090", show_default=True, metavar="HOST:PORT")
@click.option("--script", type=click.Path(path_type=Path), help="What goes wrong, and when (YAML).")
@click.option("--region", type=click.Choice(list(REGIONS)), help="With this one's realm and hosts.")
@with_code
def simulate(listen: str, script: Path | None, region: str | None) -> int:
    """Run the simulated Omilia alone, to be broken over HTTP or by a script."""
    from monitor.app.commands.simulate import simulate as serve  # noqa: PLC0415

    return serve(listen=_address(listen) or "", script=script, region=region)


@main.group(epilog=examples("maintenance list"))
def maintenance() -> None:
    """See what maintenance is announced."""


@maintenance.command("list", epilog=examples("maintenance list --limit 5"))
@CONFIG
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="As GET /v1/maintenance answers.")
@with_code
def maintenance_list(config: str | None, limit: int, as_json: bool) -> int:  # noqa: FBT001  click's way
    """List the next windows of a configuration, calendars included.

    Needs no daemon, and knows nothing of what was announced over the API. Exit code 1 when a
    calendar cannot be read.
    """
    from monitor.app.commands.maintenance import list_windows  # noqa: PLC0415

    return list_windows(settings_of(config), limit=limit, as_json=as_json)


@main.command(epilog=examples("schema > omilia-monitor.schema.json"))
@with_code
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    from monitor.app.settings import Settings  # noqa: PLC0415

    document = Settings.model_json_schema(by_alias=True)
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    document["title"] = "omilia-monitor configuration"
    click.echo(json.dumps(document, indent=2))


def _moment(option: str, text: str | None) -> datetime | None:
    from monitor.app.checks import moment  # noqa: PLC0415  --help stays quick

    try:
        return None if text is None else datetime.fromisoformat(moment(text))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _seconds(text: str | None) -> float | None:
    from alerts.config import seconds_of  # noqa: PLC0415

    if text is None:
        return None
    try:
        return seconds_of(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--for") from None


def _address(text: str | None) -> str | None:
    from monitor.app.checks import listen  # noqa: PLC0415  --help stays quick

    try:
        return text if text is None else listen(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--listen") from None
