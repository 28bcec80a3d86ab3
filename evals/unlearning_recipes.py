"""How each method is used on the demo model: chosen on its first ten authors, and reported on its last ten.

Defaults of the papers are for models a thousand times as large, and for a learning rate a hundredth of this one's.
"""

from collections.abc import Mapping

from ..unlearning.recipe import Recipe
from ..unlearning.training.options import TrainingOptions


def _trained(method: str, *, steps: int = 150, rate: float = 1e-3, **options: object) -> Recipe:
    training = TrainingOptions(max_steps=steps, batch_size=16, learning_rate=rate, save_every=100)
    return Recipe(method=method, options=options, training=training)


def _selected(recipe: Recipe, selector: str, **options: object) -> Recipe:
    return recipe.model_copy(update={"selector": selector, "selector_options": options})


RECIPES: Mapping[str, Recipe] = {
    "graddiff": _trained("graddiff", cap=8.0),
    "npo": _trained("npo", retain_loss="kl", alpha=3.0),
    "simnpo": _trained("simnpo", beta=0.5, gamma=1.0, retain_loss="kl", alpha=3.0),
    "idkdpo": _trained("idkdpo", steps=100),
    "altpo": _trained("altpo"),
    "flat": _trained("flat", divergence="kl", retain_loss="ce", steps=100),
    "wga": _trained("wga", retain_loss="ce"),
    "satimp": _trained("satimp", retain_loss="ce", gamma=20.0),
    "undial": _trained("undial", retain_loss="ce"),
    "ceu": _trained("ceu", retain_loss="ce"),
    "rmu": _trained("rmu", rate=1e-2, layer=2, coefficient=50.0, alpha=5.0),
    "wagle": _selected(_trained("simnpo", beta=0.5, gamma=1.0), "wagle"),
    "kunbr": _selected(_trained("graddiff", cap=8.0), "kunbr"),
    "seuf": _selected(_trained("npo", retain_loss="kl", alpha=3.0, rate=3e-3), "seuf", experts=3),
    "grad_ascent": _trained("grad_ascent", steps=20),
    "ssd": Recipe(method="ssd", options={"alpha": 20.0}),
    "rocr": Recipe(method="rocr", options={"layers": 3}),
    "task_vector": Recipe(method="task_vector", options={"learning_rate": 1e-3}),
    "uld": Recipe(method="uld", training=TrainingOptions(batch_size=16)),
}
"""By name; `seuf` works on a mixture of experts made of the demo model. `grad_ascent` must fail: it ruins the rest."""
