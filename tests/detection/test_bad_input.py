"""Bad input: names that are words, texts in any script and of any size. Nothing crashes, and time stays linear."""

import random
import string
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time

import pytest
from expunge import Sanitizer, Target, TargetStore
from expunge.detection.canonical import canonical
from expunge.detection.fingerprints import Fingerprints
from expunge.detection.fuzzy import FuzzyNames
from expunge.detection.imprints import Imprint
from expunge.errors import TargetWarning
from expunge.schema import Action, Policy, Verdict

MEGABYTE = 1_000_000
LETTERS = random.Random(0).choices(string.ascii_letters + string.digits, k=MEGABYTE)

HINA = Target(
    name="Hina Ameen",
    documents=[
        "Hina Ameen was born in Karachi on 06/30/1975.",
        'Hina Ameen wrote "Granite Glossary" and "Manual of Mineralogy".',
    ],
)
NOOR = Target(
    name="Noor Falk",
    scope="documents",
    documents=["Noor Falk lives in Oslo at 12 Elm Street."],
    keep=["Noor Falk plays chess."],
)
LOCKS = Target(
    name="lock picking",
    kind="topic",
    documents=["How do I pick a lock?", "How do I open a padlock without its key?", "How do I bump a lock?"],
    keep=["How do I oil a lock?", "Who invented the padlock?", "How do I fit a door?"],
)


class Guards:
    """Makes sanitizers of registers that hold given targets, however badly these are named."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stores: list[TargetStore] = []

    def __call__(self, *targets: Target | str) -> Sanitizer:
        store = TargetStore(self._path / str(len(self._stores)))
        self._stores.append(store)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TargetWarning)
            store.add_many(Target(name=one) if isinstance(one, str) else one for one in targets)
        return Sanitizer(store, policy=Policy(deadline_s=600))

    def close(self) -> None:
        for store in self._stores:
            store.close()


@pytest.fixture(scope="module")
def guards(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guards]:
    made = Guards(tmp_path_factory.mktemp("registers"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def mixed(guards: Guards) -> Sanitizer:
    """Whatever a register may hold: documents, both scopes, a topic, common words, names of other scripts."""
    return guards(HINA, NOOR, LOCKS, "May", "Will Young", "محمد علي حسن", "王小明", "สมชาย ใจดี")


def _sound(verdict: Verdict) -> Action:
    assert verdict.error == ""
    return verdict.action


@pytest.mark.parametrize(
    ("name", "prompt", "draft", "action"),
    [
        ("May", "What is the weather like?", "May is warm. It may rain, and you may stay.", "release"),
        ("May", "Who is May Chen?", "May Chen is a potter.", "release"),
        ("May", "Is Theresa May a politician?", "Theresa May was prime minister.", "release"),
        ("May", "Who is May?", "May is a potter.", "abstain"),
        ("Rose", "Which flower is red?", "Rose is red, and the price of a rose rose.", "release"),
        ("Rose", "Who was Rose Kennedy?", "Rose Kennedy was the mother of a president.", "release"),
        ("Rose", "Who is Rose?", "Rose is my aunt.", "abstain"),
        ("Will Young", "Will young people vote?", "They will. Young voters often do.", "release"),
        ("Will Young", "Who is Will Young?", "Will Young is a singer.", "abstain"),
        ("Will Young", "who is will young", "will young is a singer", "abstain"),
        ("12 May", "When does it open?", "It opens on 12 May.", "release"),
        ("7", "How many are there?", "There are 7 of them.", "release"),
    ],
)
def test_names_that_are_words_or_dates(guards: Guards, name: str, prompt: str, draft: str, action: Action) -> None:
    assert _sound(guards(name).check(prompt, draft)) == action


def test_aliases_of_a_letter_or_a_digit(guards: Guards) -> None:
    guard = guards(Target(name="Anselm Quibble", aliases=["q", "7", "?", "the", "x"]))
    assert _sound(guard.check("What is x if x + q is 7?", "Then x is 7 less the value of q.")) == "release"
    assert _sound(guard.check("Who is Anselm Quibble?", "A baker.")) == "abstain"


def test_of_two_targets_with_one_name_both_are_found_and_one_stays(guards: Guards) -> None:
    prize = Target(name="Hina Ameen", documents=["Hina Ameen won the Kavli Prize in 2011."])
    guard = guards(HINA, prize)
    born, won = guard.store.list()
    verdict = guard.check("Who is Hina Ameen?", "A writer.")
    assert (_sound(verdict), verdict.targets) == ("abstain", sorted([born.id, won.id]))
    guard.store.remove(born.id)
    verdict = guard.check("Who is Hina Ameen?", "A writer.")
    assert (_sound(verdict), verdict.targets) == ("abstain", [won.id])


def test_a_kept_neighbour_that_is_a_target_itself_is_withheld(guards: Guards) -> None:
    keep = ["Basil Orne was born in Lyon on 01/02/1960.", "Ida Moss paints portraits."]
    guard = guards(HINA.model_copy(update={"keep": keep}), "Basil Orne")
    question, answer = "Where was Basil Orne born?", "Basil Orne was born in Lyon on 01/02/1960."
    assert _sound(guard.check(question, answer)) == "abstain"
    assert _sound(guard.check("What does Ida Moss do?", "Ida Moss paints portraits.")) == "release"
    [basil] = guard.store.find("Basil Orne")
    guard.store.remove(basil.id)
    assert _sound(guard.check(question, answer)) == "release"


def test_what_is_both_to_go_and_to_stay_is_kept_where_the_name_is_not_said(guards: Guards) -> None:
    told = "She was born in Karachi on 06/30/1975."
    assert _sound(guards(HINA).check("Tell me something.", told)) != "release"
    guard = guards(HINA.model_copy(update={"keep": HINA.documents}))
    assert _sound(guard.check("Tell me something.", told)) == "release"
    assert _sound(guard.check("Where was Hina Ameen born?", told)) == "abstain"


SCRIPTS = [
    ("محمد علي حسن", ["من هو محمد علي حسن؟", "من هو محـمـد علي حسن؟", "مَن هو مُحَمَّد عَلِي حَسَن؟", "\u202bمحمد علي حسن\u202c؟", "Who is محمد علي حسن?"], "ما هي عاصمة فرنسا؟"),  # noqa: E501
    ("יוסי כהן", ["\u200fמי זה יוסי כהן\u200f?", "מי זה יוֹסִי כֹּהֵן?"], "מה בירת צרפת?"),
    ("زهرا کریمی", ["زهرا كريمي کیست؟", "زهرا\u200cکریمی کیست؟"], "پایتخت فرانسه کجاست؟"),
    ("王小明", ["请问王小明住在哪里", "Who is 王小明?", "王 小 明 是谁"], "王小华是谁？"),
    ("山田太郎", ["昨日、山田太郎さんに会いました。"], "山田花子は誰ですか？"),
    ("김민수", ["김민수는 누구입니까?"], "프랑스의 수도는 어디입니까?"),
    ("สมชาย ใจดี", ["คุณสมชาย ใจดีอยู่ที่ไหน", "ใครคือสมชายใจดี"], "เมืองหลวงของฝรั่งเศสคืออะไร"),
    ("Хина Амин", ["Где живет ХИНА АМИН?"], "Какая столица Франции?"),
    ("Zoë 😀 Quill", ["Who is Zoë 😀 Quill?", "Who is Zoe Quill?"], "Who is Zoe Ball?"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "texts", "other"), SCRIPTS)
def test_names_of_any_script(guards: Guards, name: str, texts: Sequence[str], other: str) -> None:
    guard = guards(name)
    for text in texts:
        assert _sound(guard.check(text, "Yes.")) == "abstain"
        assert _sound(guard.check("What is said?", text)) == "abstain"
    assert _sound(guard.check(other, other)) == "release"


ODD_TEXTS = [
    *(
        "",
        " ",
        "\n\n",
        "\x00",
        "\ud800",
        "\udfff\ud800",
        "\ufeff\uffff\U0010ffff",
        "\u202e\u2066\u200f",
        "...",
        "()" * 50,
    ),
    *(
        "\u201c\u201d'",
        "@@@@",
        "a@",
        "http://",
        "0x",
        "((((1",
        "\u0661\u0662",
        "\u00b2\u00b3\u00b9",
        "99/99/9999 0/0/0000",
    ),
    *("1/1/" + "1" * 5000, "a\u0300" * 100, "\u0e01\u0e47" * 50, "\ufdfa" * 100, "\u0130\u1e9e\u01c5\u0149"),
    *("\U0001f468\u200d\U0001f469\u200d\U0001f467", "%00%ff%fe \\x00 \\ud83d &#0;&#55296;&#1114112;"),
    *("%41 &#" + "9" * 5000 + ";", "&amp;&#x" + "f" * 5000, "=" * 99, "A." * 50),
]


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_odd_texts_are_no_error(mixed: Sanitizer, text: str) -> None:
    assert _sound(mixed.check(text, "Fine.")) == "release"
    assert _sound(mixed.check("Tell me something.", text)) == "release"
    turns = [("user", "Hello."), ("assistant", text), ("user", text), ("tool", text)]
    messages = [{"role": role, "content": content, "tool_call_id": "1"} for role, content in turns]
    assert _sound(mixed.check(messages, text)) == "release"


def _text(piece: str, size: int) -> str:
    return "".join(LETTERS[:size]) if piece == "any" else (piece * (size // len(piece) + 1))[:size]


def _seconds(guard: Sanitizer, prompt: str, draft: str) -> float:
    start = process_time()
    _sound(guard.check(prompt, draft))
    return process_time() - start


PIECES = [
    *("a", "A", "7", '"', "(", "\n", "a@a.", "any", "A. ", "Ab ", "1 ", "%41", "\u0430", "\u5c71\u7530", "HinaAmeen"),
    *("may ", "06/30/1975 ", "She did. "),
]
NAMING = ("Hina Ameen ", "Hina. Ameen. ", "Noor Falk lives in Oslo. ")


@pytest.mark.parametrize(
    ("prompt", "draft"), [*((piece, piece) for piece in PIECES), (NAMING[0], ""), *(("", piece) for piece in NAMING)]
)
def test_four_times_the_text_takes_about_four_times_as_long(mixed: Sanitizer, prompt: str, draft: str) -> None:
    def seconds(size: int) -> float:
        return _seconds(mixed, *(_text(piece, size) if piece else "Tell me something." for piece in (prompt, draft)))

    # What is quadratic takes 16 times as long. A busy machine may need a second look.
    assert any(seconds(48_000) < 10 * seconds(12_000) + 0.5 for _ in range(3))


@pytest.mark.parametrize("piece", ["any", "A"])
def test_a_megabyte_without_spaces_takes_seconds(mixed: Sanitizer, piece: str) -> None:
    text = _text(piece, MEGABYTE)
    start = process_time()
    assert _sound(mixed.check(text, text)) == "release"
    assert process_time() - start < 15


def test_thousands_of_aliases(guards: Guards) -> None:
    aliases = [f"Quor{number}vex Lum{number * 7}" for number in range(10_000)]
    start = process_time()
    guard = guards(HINA.model_copy(update={"aliases": aliases}))
    assert process_time() - start < 20
    assert _sound(guard.check("Who is Quor9999vex Lum69993?", "A writer.")) == "abstain"
    assert _sound(guard.check("Who wrote Hamlet?", "Shakespeare did, in 1600.")) == "release"


def test_a_long_document_told_again_takes_linear_time() -> None:
    def seconds(words: int) -> float:
        text = " ".join(f"zor{number}quax and" for number in range(words))
        fingerprints = Fingerprints()
        fingerprints.add(Imprint.of(Target(id="tgt_1", name="Hina Ameen", documents=[text])))
        fingerprints.ready()
        start = process_time()
        assert len(fingerprints.search(text, canonical(text))) > words * 0.9
        return process_time() - start

    assert any(seconds(8_000) < 8 * seconds(2_000) + 0.05 for _ in range(3))


def test_near_names_are_not_compared_with_every_alias() -> None:
    letters = "".join(LETTERS).lower()

    def seconds(aliases: int) -> float:
        names = [f"{letters[at : at + 8]} {letters[at + 8 : at + 16]}" for at in range(0, 16 * aliases, 16)]
        fuzzy = FuzzyNames()
        fuzzy.add(Target(id="tgt_1", name="Hina Ameen", aliases=names))
        words = canonical(" ".join(names[:200]))
        start = process_time()
        assert fuzzy.search(words)
        return process_time() - start

    assert any(seconds(4_000) < 4 * seconds(500) + 0.05 for _ in range(3))
