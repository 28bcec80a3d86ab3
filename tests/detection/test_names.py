"""The forms of a name."""

import pytest
from expunge.detection.names import forms, is_common, parts
from expunge.schema import Target, TargetKind


def written(name: str, kind: TargetKind = "person") -> set[str]:
    return {" ".join(form.words) for form in forms(Target(name=name, kind=kind))}


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Xin Lee Williams", "williams xin lee"),
        ("Xin Lee Williams", "xin williams"),
        ("Xin Lee Williams", "xin l williams"),
        ("Dr. Hina Ameen", "hina ameen"),
        ("Moshe Ben-David", "ben david moshe"),
        ("Ludwig van der Berg", "van der berg ludwig"),
        ("María Ibáñez Quesada", "maria ibanez"),
    ],
)
def test_a_person_is_found_under_derived_forms(name: str, form: str) -> None:
    assert form in written(name)


def test_other_kinds_have_fewer_forms() -> None:
    assert written("Wnzatj SAS", "organisation") == {"wnzatj sas", "wnzatj"}
    assert "granite glossary" in written("The Granite Glossary", "work")
    assert written("contract between Wnzatj SAS and Jzrcws SA", "record") == {
        "contract between wnzatj sas and jzrcws sa"
    }


def test_a_common_word_is_marked() -> None:
    [form] = forms(Target(name="Rose"))
    assert form.strength == "common"
    assert is_common(("may",))
    assert not is_common(("deadesius",))
    assert is_common(("will", "young"))
    assert not is_common(("hina", "young"))


def test_parts_are_those_of_persons_with_two_names() -> None:
    person = parts(Target(name="Basil Mahfouz Al-Kuwaiti"))
    assert person is not None
    assert person.given == ("basil",)
    assert person.family == ("al", "kuwaiti")
    assert parts(Target(name="Madonna")) is None
    assert parts(Target(name="Acme Tools", kind="organisation")) is None
