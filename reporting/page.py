"""Pages: where templates and styles come from, and how every text of others is made harmless."""

from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from . import shares, texts


def environment(package: str) -> Environment:
    """Return what renders the templates of a package.

    They may build on `page.html` and take macros from `drawing.html`, which lie here. Every value is escaped, and
    what no page can hold is replaced.

    Args:
        package: The full name of the package whose folder holds the templates.
    """
    made = Environment(
        loader=FunctionLoader(lambda name: _asset(package, name) or _asset(__package__, name)),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_showable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "count": texts.number,
        "cut": texts.cut,
        "cut_path": texts.cut_path,
        "day": texts.day,
        "duration": texts.duration,
        "moment": texts.moment,
        "percent": shares.percent,
    }
    return made


def style(package: str) -> Markup:
    """Return the style of all pages, with what the package's `report.css` adds to it."""
    return Markup(f"{_asset(__package__, 'page.css')}\n{_asset(package, 'report.css')}")  # noqa: S704 - ours


def _asset(package: str, name: str) -> str | None:
    """Return a file of a package; `None`: it has none of this name."""
    file = files(package).joinpath(name)
    return file.read_text("utf-8") if file.is_file() else None


def _showable(value: object) -> object:
    """Make harmless, last of all, whatever is put into the page and is not markup of ours."""
    return texts.plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value
