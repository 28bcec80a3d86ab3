"""Ways to bring back what was unlearned, each beside a control that never learned it."""

from collections.abc import Iterable

from ...errors import InputError
from .attack import Attack, AttackSettings, Recovered
from .benign import Benign
from .detached import Detached
from .direct import Direct
from .few_shot import FewShot
from .formats import FillIn, LowerCase, MultipleChoice
from .paraphrases import Paraphrase
from .prefix import Prefix
from .probing import Probes
from .quantisation import Quantise4, Quantise8
from .relearning import Relearn, RelearnHalf

_KINDS: tuple[type[Attack], ...] = (
    Direct,
    Paraphrase,
    LowerCase,
    FillIn,
    MultipleChoice,
    FewShot,
    Prefix,
    Probes,
    Detached,
    Quantise8,
    Quantise4,
    Benign,
    Relearn,
    RelearnHalf,
)

ATTACKS: dict[str, type[Attack]] = {kind.name: kind for kind in _KINDS}
"""All attacks by name, in the order in which they are tried and shown: the cheap ones first."""

__all__ = ["ATTACKS", "Attack", "AttackSettings", "Recovered", "check_names"]


def check_names(names: Iterable[str]) -> None:
    """See to it that all names are those of attacks.

    Raises:
        InputError: One is not.
    """
    unknown = next((name for name in names if name not in ATTACKS), None)
    if unknown is not None:
        raise InputError(f"There is no attack {unknown!r}.", fix=f"Take some of: {', '.join(ATTACKS)}.")
