"""Which requests of OpenAI's API go out: what a model answers, past a guard, and what no model answers, as it is."""

import re

COMPLETIONS, RESPONSES = "/chat/completions", "/responses"

# An id leads neither down nor up; only a model's may have slashes in it, escaped.
_ID = r"[\w:@-][\w.:@-]*"
_MODEL = rf"{_ID}(?:%2[Ff]{_ID})*"
# A file's content is not among them: it may be what a batch of requests brought.
_PLAIN = "|".join(
    (
        "GET {base}/models",
        f"(?:GET|DELETE) {{base}}/models/{_MODEL}",
        "POST {base}/(?:embeddings|moderations)",
        "(?:GET|POST) {base}/files",
        f"(?:GET|DELETE) {{base}}/files/{_ID}",
        "POST {base}/uploads",
        f"POST {{base}}/uploads/{_ID}/(?:parts|complete|cancel)",
    )
)
_RELATIVE = re.compile(rf"POST (?:{COMPLETIONS}|{RESPONSES})|{_PLAIN.replace('{base}', '')}", re.ASCII)
_ABSOLUTE = re.compile(_PLAIN.replace("{base}", r"(?:/[^?#]*)?"), re.ASCII)


def is_offered(method: str, path: str) -> bool:
    """Whether a client asks for something that it may have; the path is the one below its base URL."""
    return _RELATIVE.fullmatch(f"{method.upper()} {path}") is not None


def is_guarded(method: str, path: str) -> bool:
    """Whether a model answers a request that a guard knows; the path is whole."""
    return method == "POST" and path.endswith((COMPLETIONS, RESPONSES))


def is_plain(method: str, path: str) -> bool:
    """Whether no model answers a request; the path is whole, without its query, and escaped as it is sent."""
    return not is_guarded(method, path) and _ABSOLUTE.fullmatch(f"{method} {path}") is not None
