"""`python -m monitor` is the command `omilia-monitor`."""

from monitor.app.cli import main

main(prog_name="omilia-monitor")
