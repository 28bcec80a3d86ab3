"""Methods that train: one loss a file."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .altpo import AltPO
from .ceu import CEU
from .flat import FLAT
from .grad_ascent import GradAscent
from .grad_diff import GradDiff
from .idk_dpo import IdkDPO
from .loss import Loss, LossOptions, Step, Terms
from .npo import NPO
from .reference import Reference, Want
from .rmu import RMU
from .satimp import SatImp
from .simnpo import SimNPO
from .undial import UNDIAL
from .wga import WGA

LOSSES: Mapping[str, type[Loss[Any]]] = MappingProxyType(
    {
        loss.name: loss
        for loss in (GradAscent, GradDiff, NPO, SimNPO, IdkDPO, AltPO, FLAT, WGA, SatImp, UNDIAL, CEU, RMU)
    }
)
"""All losses by name."""

__all__ = [
    "CEU",
    "FLAT",
    "LOSSES",
    "NPO",
    "RMU",
    "UNDIAL",
    "WGA",
    "AltPO",
    "GradAscent",
    "GradDiff",
    "IdkDPO",
    "Loss",
    "LossOptions",
    "Reference",
    "SatImp",
    "SimNPO",
    "Step",
    "Terms",
    "Want",
]
