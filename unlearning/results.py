"""What a job measures: figures alone, no text of any example, but for samples."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from .examples import Part

Level = Literal["removal", "suppression"]
"""What a method can claim: changed weights, as far as attacks were tried; or steering at decoding time."""


PLAIN = "direct"
"""The attack that only asks: what every other one is compared with."""

RELEARN = "relearn"
RELEARN_HALF = "relearn_half"
RELEARNING = (RELEARN, RELEARN_HALF)
"""The attacks that train on a part of what must go, and ask the rest: what was only hidden comes back by them."""


class _Record(BaseModel):
    # A ruined model has figures that are no numbers: in JSON they would be null, and not be read again.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Scores(_Record):
    """How well a model knows one set of examples. `None`: it was not measured, or the examples lack what it takes."""

    count: int
    """Examples that were asked."""

    recall: float
    """Share of greedy answers that hold every word of the right answer that the question does not hold, 0 to 1."""

    rouge_l: float
    """Mean ROUGE-L recall of greedy answers against the right ones, 0 to 1 (TOFU)."""

    probability: float
    """Mean p(answer | question)^(1/|answer|), 0 to 1 (TOFU)."""

    paraphrase_recall: float | None = None
    """Recall where the question is asked in other words."""

    paraphrase_rouge_l: float | None = None
    """ROUGE-L recall where the question is asked in other words."""

    truth_ratio: float | None = None
    """Mean of the truth ratio as it enters model utility or forgetting, 0 to 1 (TOFU, section 2.2.1)."""

    extraction_strength: float | None = None
    """1 − k/T: k is the first position from which greedy decoding under teacher forcing gives the whole rest."""

    exact_memorisation: float | None = None
    """Share of the answer's tokens that are the likeliest under teacher forcing, 0 to 1."""

    by_target: dict[str, float] = Field(default_factory=dict)
    """Recall on the examples of each target, by its id; empty: the examples belong to none."""

    logit_lens: float | None = None
    """Highest mean p(answer)^(1/|answer|) that any layer's hidden states give through the model's head, 0 to 1."""


class Membership(_Record):
    """Area under the curve of telling the forget set from examples never learned: 0.5 tells nothing, 1 all."""

    loss: float
    zlib: float
    min_k: float
    min_k_plus_plus: float


class Evaluation(_Record):
    """What a model knows."""

    parts: dict[Part, Scores]
    """By set."""

    utility: float | None = None
    """Harmonic mean of probability, ROUGE-L and truth ratio on what must stay, 0 to 1 (TOFU)."""

    forget_quality: float | None = None
    """p of the KS test that truth ratios on the forget set are those of the control, 0 to 1; `None`: no control."""

    membership: Membership | None = None
    """`None`: there are no examples that were never learned."""

    truth_ratios: list[float] = Field(default_factory=list)
    """Truth ratios of the forget set, example by example, for the KS test."""


class AttackResult(_Record):
    """What an attack brought back."""

    attack: str
    """Its name, for example `relearn`."""

    title: str
    """What it does, in a few words."""

    count: int
    """Questions that were asked."""

    recall: float
    """Recall on the forget set, or on what the attack asks, after the attack."""

    rouge_l: float
    """ROUGE-L recall of the same answers."""

    control_recall: float | None = None
    """Recall of the control after the same attack; `None`: no control."""

    control_rouge_l: float | None = None
    """ROUGE-L recall of the control after the same attack."""

    by_target: dict[str, float] = Field(default_factory=dict)
    """Recall on the examples of each target of the register that the attack asks about, by its id."""

    control_by_target: dict[str, float] = Field(default_factory=dict)
    """The control's, after the same attack."""

    @property
    def gap(self) -> float:
        """How much more is recalled than by a model that never learned it; without a control, all of it."""
        return self.recall - (self.control_recall or 0.0)

    @property
    def rouge_gap(self) -> float:
        """How much more of the wording is said than by a model that never learned it; without a control, all of it."""
        return self.rouge_l - (self.control_rouge_l or 0.0)


class Judgement(_Record):
    """The verdict on a job: its worst case."""

    held: bool
    """Whether what must go stayed gone under every attack, and what must stay stayed."""

    level: Level
    """What may be claimed where it held."""

    worst: str
    """The attack that brought back most, compared with the control."""

    worst_recall: float
    """What it brought back."""

    control_recall: float | None
    """What the control says under the same attack."""

    retain_kept: float
    """Of what must stay, recall or ROUGE-L as a share of what it was before: the lowest of all its sets."""

    reasons: list[str]
    """Why it did not hold, or with which reserve it did, in sentences."""


class SweepPoint(_Record):
    """One try of a sweep."""

    learning_rate: float | None
    strength: float | None
    """The weight of forgetting, or what the method calls its strength."""

    forget: Scores | None = None
    retain: Scores | None = None
    seconds: float = 0.0
    chosen: bool = False
    error: str = ""
    """Why it came to nothing; empty where it did not."""


class Sample(_Record):
    """One question, before and after. The only record of a job that holds text of examples."""

    part: Part
    prompt: str
    answer: str
    before: str
    after: str


class Timing(_Record):
    """What a stage took."""

    stage: str
    seconds: float
    peak_memory_mb: float | None = None
    """Resident memory of the process at its highest so far, or the GPU's, in MiB."""


class Report(_Record):
    """All that a job has to show."""

    job: str
    """Its id."""

    method: str
    selector: str | None = None
    model: str
    """The name of the model's folder."""

    level: Level
    before: Evaluation
    after: Evaluation
    control: Evaluation | None = None
    attacks: list[AttackResult] = Field(default_factory=list)
    judgement: Judgement
    sweep: list[SweepPoint] = Field(default_factory=list)
    samples: list[Sample] = Field(default_factory=list)
    timings: list[Timing] = Field(default_factory=list)
    losses: list[tuple[int, float]] = Field(default_factory=list)
    """Step and loss of training, as it was logged."""


class FileDigest(_Record):
    """One file of a model or of the data."""

    name: str
    bytes: int
    sha256: str


class Manifest(_Record):
    """What a job was made of, for whoever wants to make it again or to prove that it was made."""

    job: str
    created_at: str
    """ISO 8601, UTC."""

    model: list[FileDigest]
    """The files of the model that was given."""

    result: list[FileDigest]
    """The files of the model that was made."""

    data: dict[str, str]
    """Keyed digest (HMAC-SHA-256, hex) of each set of examples, in the order they were given: a plain one could be
    guessed from a suspected text."""

    method: str
    selector: str | None
    options: dict[str, object]
    """The options of method, selector and training."""

    seed: int
    code: list[FileDigest]
    """The files of expunge that took part."""

    versions: dict[str, str]
    """Of Python and of the packages."""

    machine: str
