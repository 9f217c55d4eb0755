"""What the command line does, one file a command; `monitor.app.cli` names them."""
