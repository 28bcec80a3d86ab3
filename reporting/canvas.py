"""Drawings as SVG that stands in a page: the same bytes every time, text as text, ids of their own."""

import re
import warnings
from io import StringIO
from typing import Any, NamedTuple, Protocol

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.figure import Figure

WIDE, NARROW = 880, 340
"""Widths in CSS pixels: for a desk or paper, and for a phone, on which a wide drawing could not be read."""

INK, FAINT, LINE, ACCENT = "#1f2526", "#586164", "#dedbd2", "#2a5a5f"
ALARM, CAUTION, CALM = "#a3312c", "#dda23c", "#c3cbcd"

_STYLE: dict[Any, Any] = {
    "axes.axisbelow": True,
    "axes.edgecolor": LINE,
    "axes.labelcolor": FAINT,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 12.5,
    "grid.color": LINE,
    "hatch.linewidth": 1.0,
    "legend.frameon": False,
    "legend.fontsize": 12.5,
    "svg.fonttype": "none",
    "svg.hashsalt": "expunge",
    "text.color": INK,
    "text.parse_math": False,
    "text.usetex": False,
    "timezone": "UTC",
    "xtick.color": LINE,
    "xtick.labelcolor": FAINT,
    "xtick.major.size": 4,
    "ytick.color": LINE,
    "ytick.labelcolor": FAINT,
    "ytick.major.size": 0,
}

_NO_METADATA = {"Creator": None, "Date": None, "Format": None, "Type": None}
_TAG = re.compile(r"<[^>]*>")  # in text and in attributes the sign is escaped
_ID = re.compile(r'(?<=\sid=")|(?<=href="#)|(?<=url\(#)')


class Painter(Protocol):
    """What paints a drawing."""

    def __call__(self, figure: Figure, *, wide: bool) -> None:
        """Paint it on an empty figure."""


class Plot(NamedTuple):
    """A drawing, and what it shows in words."""

    wide: Markup
    """As SVG for a desk or paper."""

    narrow: Markup
    """As SVG for a phone."""

    words: str
    """What it shows, for who does not see it."""


def draw(name: str, words: str, paint: Painter, *, height: int) -> Plot:
    """Draw something for wide pages and for narrow ones.

    Args:
        name: What its ids begin with: another for each drawing of a page.
        words: What it shows, in words.
        paint: What paints it.
        height: Its height in CSS pixels.
    """
    return Plot(_svg(name, paint, WIDE, height), _svg(f"{name}-narrow", paint, NARROW, height), words)


def _svg(name: str, paint: Painter, width: int, height: int) -> Markup:
    file = StringIO()
    with rc_context(_STYLE), warnings.catch_warnings():
        # Signs that the font lacks are measured a little wrong, no more: the browser has other fonts. And a phone may
        # get a few more marks of time than were asked for.
        warnings.filterwarnings("ignore", "Glyph|Matplotlib currently does not support|AutoDateLocator", UserWarning)
        figure = Figure(figsize=(width / 72, height / 72), layout="constrained")  # a point of the SVG is a pixel
        paint(figure, wide=width == WIDE)
        figure.savefig(file, format="svg", metadata=_NO_METADATA)
    svg = file.getvalue()
    return Markup(_TAG.sub(lambda tag: _ID.sub(f"{name}-", tag[0]), svg[svg.index("<svg") :]))  # noqa: S704 - escaped
