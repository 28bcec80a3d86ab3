"""How exchanges with findings are painted, by how bad they are."""

from collections.abc import Mapping
from typing import Any

from ...reporting.canvas import ALARM, CALM, CAUTION
from ..summary import Severity

# Told apart by lightness and hatching too: in grey, and by whoever does not see red and green.
PAINTS: Mapping[Severity, Mapping[str, Any]] = {
    "disclosed": {"facecolor": ALARM, "edgecolor": "white"},
    "asked_for": {"facecolor": CAUTION, "edgecolor": "white", "hatch": "////"},
    "context_only": {"facecolor": CALM, "edgecolor": "white"},
}
