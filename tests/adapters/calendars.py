"""Calendars for tests, as other people's software writes them."""


def event(*lines: str, uid: str = "patch", summary: str = "Patch night") -> str:
    body = (f"UID:{uid}", "DTSTAMP:20260101T000000Z", f"SUMMARY:{summary}", *lines)
    return "".join(f"{line}\r\n" for line in ("BEGIN:VEVENT", *body, "END:VEVENT"))


def calendar(*events: str, head: str = "") -> str:
    begin = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test\r\n"
    return f"{begin}{head}{''.join(events)}END:VCALENDAR\r\n"
