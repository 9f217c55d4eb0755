"""What a credential's endpoints share: the quota behind it."""

from typing import Literal

from monitor.app.settings.part import Part


class Quota(Part):
    """How those stand together who use one credential."""

    throttled: Literal["alone", "together"] = "alone"
    """Who waits when Omilia tells an endpoint to (429): it `alone`, or `together` with all others
    that use this credential, because they share its quota."""
