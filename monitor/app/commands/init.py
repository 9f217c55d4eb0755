"""`init`: a first configuration, written for a region."""

from pathlib import Path

import click

from monitor.omilia.regions import REGIONS
from monitor.omilia.starter import starter

STDOUT = "-"


def init(region: str, output: str, *, force: bool) -> int:
    """Write the file, or print it. Returns 0; raises click.UsageError when that cannot be done."""
    text = starter(REGIONS[region])
    if output == STDOUT:
        click.echo(text, nl=False)
        return 0
    file = Path(output)
    try:
        with file.open("w" if force else "x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        raise click.UsageError(f"{file} is there already; --force writes over it") from None
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {error.strerror or error}") from None
    click.echo(f"{file}: written for {region}; set OCP_PAT, then: omilia-monitor probe -c {file}")
    return 0
