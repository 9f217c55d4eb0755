"""A simulated Omilia: a real HTTP server with Omilia's endpoints, that can be told to fail."""

from monitor.omilia.simulator.bodies import APP_ID
from monitor.omilia.simulator.fault import Fault, Kind
from monitor.omilia.simulator.faults import Faults
from monitor.omilia.simulator.request_log import RequestLog
from monitor.omilia.simulator.script import Script, ScriptError, load_script
from monitor.omilia.simulator.server import Simulator

__all__ = [
    "APP_ID",
    "Fault",
    "Faults",
    "Kind",
    "RequestLog",
    "Script",
    "ScriptError",
    "Simulator",
    "load_script",
]
