"""omilia-monitor: probes the Omilia Cloud Platform and says how it stands."""

__version__ = "0.1.0"
