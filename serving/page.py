"""The page at `/`, to try the server: a chat beside its verdicts, the targets, and the cases that wait for a person."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException

router = APIRouter(include_in_schema=False)

_FOLDER = Path(__file__).parent / "page"
_MEDIA_TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FILES = {file.name: file for file in _FOLDER.iterdir() if file.suffix in _MEDIA_TYPES}

# What a target is called is text of others: should any of it ever be taken for markup, the browser runs none of it.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@router.api_route("/", methods=["GET", "HEAD"])
async def index() -> FileResponse:
    """Return the page."""
    return _file(_FILES["index.html"], caching="no-store")


@router.api_route("/page/{name}", methods=["GET", "HEAD"])
async def asset(name: str) -> FileResponse:
    """Return a file of the page: a script, the style sheet, the icon."""
    if name not in _FILES or name == "index.html":
        raise HTTPException(404)
    return _file(_FILES[name], caching="no-cache")


def _file(path: Path, caching: str) -> FileResponse:
    return FileResponse(path, media_type=_MEDIA_TYPES[path.suffix], headers={**_HEADERS, "Cache-Control": caching})
