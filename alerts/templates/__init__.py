"""An operator's own words for a channel: templates in a small, total part of Jinja.

Whatever a template says, making its text ends soon and takes little memory (docs/adr): there are no
calls, values are plain, every loop and every text is paid for from a bounded effort.
"""

from alerts.templates.language import NotUnderstood
from alerts.templates.own_words import OwnWords
from alerts.templates.samples import samples
from alerts.templates.template import LIMITS, check

__all__ = ["LIMITS", "NotUnderstood", "OwnWords", "check", "samples"]
