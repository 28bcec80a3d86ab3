"""What cannot be read, in words that quote nothing of it."""

from ..records import Fault, FaultCode, Place

MESSAGES: dict[FaultCode, str] = {
    "unreadable": "The file cannot be opened, or is damaged from here on; what was read before counts.",
    "empty": "The file holds nothing.",
    "encoding": "Not UTF-8. Convert the file, for example with iconv.",
    "invalid_json": "No valid JSON.",
    "too_long": "Longer than can be read (16 MiB).",
    "unknown_format": "No known format has such keys or columns. Name the columns.",
    "no_prompt": "There is no prompt.",
    "no_response": "There is no answer; the prompt is audited alone.",
    "not_joined": "Nothing in the logs has the same custom_id and is its counterpart.",
}
"""What is said of each kind, where there is nothing better to say."""


def fault(place: Place, code: FaultCode, message: str = "") -> Fault:
    """Return what is wrong with a record, or with a file as a whole where the line is 0."""
    return Fault(file=shown(place.file), line=place.line, code=code, message=message or MESSAGES[code])


def shown(text: str) -> str:
    """Return a file's name or another text; what UTF-8 cannot hold, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()
