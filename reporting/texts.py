"""Texts of others, times and amounts, as they are shown."""

import re
from datetime import UTC, datetime, timedelta

# What no page can hold (control characters, halves of surrogate pairs), and what turns the text around it.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def plain(text: str) -> str:
    """Replace what cannot be shown by signs that show where it was."""
    return _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def cut(text: str, limit: int) -> str:
    """Bring a text into one line of at most `limit` characters; an ellipsis says that there was more."""
    # What lies far beyond the limit need not be looked at.
    line = " ".join(plain(text[: 4 * limit]).split())
    return line if len(line) <= limit and len(text) <= 4 * limit else f"{line[: limit - 1].rstrip()}…"


def cut_path(path: str, limit: int) -> str:
    """The same for the path of a file, whose end tells more than its beginning."""
    line = " ".join(plain(path[-4 * limit :]).split())
    return line if len(line) <= limit and len(path) <= 4 * limit else f"…{line[len(line) + 1 - limit :].lstrip()}"


def number(value: int, one: str = "", many: str = "") -> str:
    """Write a number, and with it what is counted: `1 exchange`, `2,000 exchanges`."""
    noun = one if value == 1 else many or f"{one}s"
    return f"{value:,} {noun}" if one else f"{value:,}"


def day(at: datetime) -> str:
    """Write a date, in UTC."""
    at = in_utc(at)
    return f"{at.day} {at:%B %Y}"


def moment(at: datetime) -> str:
    """Write a date and a time, in UTC."""
    return f"{day(at)}, {in_utc(at):%H:%M} UTC"


def in_utc(at: datetime) -> datetime:
    """Return a time in UTC; one without a time zone is taken to be in it."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def duration(seconds: float) -> str:
    """Write how long something took, in its two largest units."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    took = timedelta(seconds=round(seconds))
    hours, minutes, rest = took.days * 24 + took.seconds // 3600, took.seconds // 60 % 60, took.seconds % 60
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
