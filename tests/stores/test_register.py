"""The register: what is added, changed, looked up, and kept for whom."""

import json
import threading
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from expunge.errors import DuplicateTarget, InvalidTarget, TargetWarning, UnknownTarget
from expunge.schema import Policy, Target
from expunge.stores import TargetStore
from hypothesis import given
from hypothesis import strategies as st

HSIAO = Target(name="Hsiao Yun-Hwa", documents=["Hsiao Yun-Hwa was born in Taipei on 05/11/1991."])


def test_a_target_is_given_id_version_state_and_time(store: TargetStore) -> None:
    before = datetime.now(UTC)
    added = store.add(HSIAO)
    assert added.id.startswith("tgt_")
    assert (added.version, added.state) == (1, "active")
    assert added.created_at is not None
    assert before <= added.created_at <= datetime.now(UTC)
    assert store.get(added.id) == added
    assert (added.name, added.documents) == (HSIAO.name, HSIAO.documents)


def test_targets_are_kept_in_order_and_survive_reopening(tmp_path: Path) -> None:
    with TargetStore(tmp_path / "deep" / "store") as store:
        added = store.add_many(Target(name=f"Author Number {i}", policy=Policy(prefer="keep")) for i in range(450))
    with TargetStore(tmp_path / "deep" / "store") as store:
        assert store.list() == list(store) == added
        assert len(store) == 450
        assert store.versions() == {target.id: 1 for target in added}
        assert store.get_many([added[7].id, "tgt_none", added[3].id]) == [added[3], added[7]]


def test_progress_counts_what_is_committed(store: TargetStore) -> None:
    seen: list[tuple[int, int]] = []
    store.add_many(
        (Target(name=f"Author Number {i}") for i in range(450)), progress=lambda done: seen.append((done, len(store)))
    )
    assert seen == [(200, 200), (400, 400), (450, 450)]


@pytest.mark.parametrize("name", ["hsiao yun-hwa", " HSIAO   Yun-Hwa ", "\uff28siao Yun-Hwa"])  # a full-width H
def test_names_are_found_whatever_case_spaces_and_form(store: TargetStore, name: str) -> None:
    added = store.add(HSIAO)
    assert store.find(name) == [added]
    assert store.find("Hsiao") == []


def test_unknown_ids_are_errors(store: TargetStore) -> None:
    for call in (store.get, store.history, store.remove, lambda id_: store.update(id_, keep=["x"])):
        with pytest.raises(UnknownTarget, match="tgt_nobody"):
            call("tgt_nobody")


def test_changes_are_versioned_with_who_when_and_why(tmp_path: Path) -> None:
    with TargetStore(tmp_path, actor="the clerk") as store:
        added = store.add(HSIAO, why="request 17")
        changed = store.update(added.id, who="counsel", why="more came", aliases=["Y. Hsiao"])
        paused = store.update(added.id, state="paused")
        history = store.history(added.id)
    assert [(change.action, change.version, change.who, change.why) for change in history] == [
        ("add", 1, "the clerk", "request 17"),
        ("update", 2, "counsel", "more came"),
        ("update", 3, "the clerk", ""),
    ]
    assert [change.target for change in history] == [added, changed, paused]
    assert history[0].at <= history[1].at <= history[2].at <= datetime.now(UTC)


def test_after_a_removal_its_history_is_the_removal_alone(store: TargetStore) -> None:
    added = store.add(HSIAO, why="request 17")
    store.remove(added.id, who="the clerk", why="withdrawn")
    [change] = store.history(added.id)
    assert (change.action, change.version, change.who, change.why, change.target) == (
        "remove", 2, "the clerk", "withdrawn", None,
    )  # fmt: skip
    assert store.list() == []
    assert store.find(HSIAO.name) == []
    with pytest.raises(UnknownTarget):
        store.get(added.id)


def test_paused_and_expired_targets_are_not_enforced(store: TargetStore) -> None:
    now = datetime.now(UTC)
    active = store.add(HSIAO)
    paused = store.add(Target(name="Basil Al-Kuwaiti", state="paused"))
    ending = store.add(Target(name="Nikolai Abilov", expires_at=now + timedelta(hours=1)))
    ended = store.add(Target(name="Takashi Nakamura", expires_at=now - timedelta(hours=1)))
    assert store.active() == [active, ending]
    assert store.active(now + timedelta(hours=2)) == [active]
    assert store.active(now - timedelta(hours=2)) == [
        active,
        ending,
        store.get(ended.id).model_copy(update={"state": "active"}),
    ]
    assert store.get(ended.id).state == "expired"
    assert store.list(state="expired") == [store.get(ended.id)]
    assert store.list(state="paused") == [paused]
    assert store.update(paused.id, state="active").state == "active"
    assert store.update(ended.id, expires_at=None).state == "active"


def test_what_is_paused_stays_so_when_it_expires(store: TargetStore) -> None:
    past = datetime.now(UTC) - timedelta(hours=1)
    paused = store.add(HSIAO.model_copy(update={"state": "paused", "expires_at": past}))
    assert store.get(paused.id).state == "paused"
    assert store.update(paused.id, expires_at=None).state == "paused"


def test_a_state_that_does_not_follow_is_refused(store: TargetStore) -> None:
    added = store.add(HSIAO)
    with pytest.raises(InvalidTarget, match="expires_at"):
        store.update(added.id, state="expired")
    with pytest.raises(InvalidTarget, match="expires_at"):
        store.add(Target(name="Basil Al-Kuwaiti", state="expired"))
    assert store.list() == [added]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"name": ""}, "name"),
        ({"id": "tgt_mine"}, "id"),
        ({"version": 9}, "version"),
        ({"secret_field": "Taipei"}, "secret_field"),
        ({"kind": "Taipei"}, "kind"),
    ],
)
def test_impossible_changes_are_refused_without_quoting_them(
    store: TargetStore, changes: dict[str, Any], named: str
) -> None:
    added = store.add(HSIAO)
    with pytest.raises(InvalidTarget, match=named) as caught:
        store.update(added.id, **changes)
    assert "Taipei" not in str(caught.value)
    assert store.get(added.id) == added


def test_the_same_content_is_registered_once(store: TargetStore) -> None:
    added = store.add(HSIAO.model_copy(update={"aliases": ["Y. Hsiao", "Hsiao"]}))
    twin = HSIAO.model_copy(update={"name": "hsiao  yun-hwa", "aliases": ["hsiao", "y. hsiao"], "basis": "another"})
    assert store.duplicate_of(twin) == added.id
    with pytest.raises(DuplicateTarget, match=added.id):
        store.add(twin)
    with pytest.raises(DuplicateTarget, match="1 and 3"):
        store.add_many([Target(name="Nikolai Abilov"), Target(name="Basil Al-Kuwaiti"), Target(name="nikolai abilov")])
    assert store.list() == [added]


def test_an_update_cannot_make_two_targets_the_same(store: TargetStore) -> None:
    one, two = store.add_many([Target(name="Nikolai Abilov"), Target(name="Basil Al-Kuwaiti")])
    with pytest.raises(DuplicateTarget, match=one.id):
        store.update(two.id, name="Nikolai Abilov")
    assert store.get(two.id) == two
    assert len(store.history(two.id)) == 1


def test_a_name_with_other_content_warns(store: TargetStore) -> None:
    added = store.add(HSIAO)
    with pytest.warns(TargetWarning, match=added.id) as caught:
        store.add(Target(name="hsiao yun-hwa", documents=["Hsiao Yun-Hwa won the Kavli Prize."]))
    assert "Hsiao" not in str(caught[0].message)
    assert caught[0].filename == __file__
    with pytest.warns(TargetWarning, match="has this name"):
        store.add_many([Target(name="Nikolai Abilov"), Target(name="Nikolai Abilov", keep=["He may be quoted."])])


def test_a_topic_beside_which_nothing_is_kept_is_told(store: TargetStore) -> None:
    questions = ["How do I pick a lock?", "How do I open a padlock without its key?"]
    with pytest.warns(TargetWarning, match="near subjects"):
        store.add(Target(name="lock picking", kind="topic", documents=questions))
    store.add(Target(name="bumping locks", kind="topic", documents=questions, keep=["How do I oil a lock?"]))


@pytest.mark.parametrize("name", ["May", "rose", "Apple"])
def test_a_name_of_one_common_word_asks_for_context(store: TargetStore, name: str) -> None:
    with pytest.warns(TargetWarning, match="common word"):
        store.add(Target(name=name))


@pytest.mark.parametrize(
    "target",
    [
        Target(name="Apple", aliases=["Apple Inc."]),
        Target(name="May", documents=["Theresa May was born in Eastbourne."]),
        Target(name="Theresa May"),
        Target(name="Hsiao"),
        Target(name="Rose", kind="work"),
    ],
)
def test_a_name_with_context_does_not(store: TargetStore, target: Target) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        store.add(target)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (Target(name="12 May"), "a date or a number"),
        (Target(name="1984", kind="work", documents=["1984 has three parts."]), "a date or a number"),
        (Target(name="31/12/1999"), "a date or a number"),
        (Target(name="X \u00c6"), "one or two letters"),
        (Target(name="\u674e"), "one or two letters"),  # one ideograph
        (Target(name="Will Young"), "everyday word"),
        (Target(name="Basil Orne", aliases=["B. Orne", "BO"]), "alias"),
        (Target(name="Rose Kyriakou", documents=["Rose Kyriakou sings."], aliases=["rose"]), "alias"),
        (Target(name="Basil Orne", documents=["He lives in Lyon."], keep=["he  lives in Lyon."]), "`documents` and in"),
    ],
)
def test_what_cannot_be_told_apart_is_told_without_its_texts(store: TargetStore, target: Target, reason: str) -> None:
    with pytest.warns(TargetWarning, match=reason) as caught:
        store.add(target)
    assert len(caught) == 1
    told = str(caught[0].message)
    assert not any(text in told for text in (target.name, *target.aliases, *target.documents))


@pytest.mark.parametrize(
    "target",
    [
        Target(name="John Smith"),
        Target(name="Will Young", documents=["Will Young was born in Wokingham."]),
        Target(name="2001: A Space Odyssey", kind="work"),
        Target(name="4931", kind="secret"),
        Target(name="07911 123456", kind="record"),
        Target(name="\u738b\u5c0f\u660e", aliases=["\u5c0f\u660e"]),  # two ideographs are a name
        Target(name="Basil Orne", aliases=["Basil Orne Junior", "@basil.orne"]),
        Target(name="Basil Orne", documents=["Basil Orne lives in Lyon."], scope="documents"),
    ],
)
def test_what_can_be_told_apart_is_not(store: TargetStore, target: Target) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        store.add(target)


@pytest.mark.parametrize(
    "kept", ["Nikolai Abilov", "Nikolai Abilov was born in Astana.", "Nikolai Abilov\u2019s wife sings."]
)
def test_a_kept_neighbour_that_is_a_target_is_told(store: TargetStore, kept: str) -> None:
    target = HSIAO.model_copy(update={"keep": ["Hsiao Yun-Hwa sings.", "Taipei is a city.", kept]})
    neighbour = store.add(Target(name="Nikolai Abilov"))
    with pytest.warns(TargetWarning, match=neighbour.id):
        store.add(target)


def test_a_kept_neighbour_of_the_same_batch_is_told(store: TargetStore) -> None:
    with pytest.warns(TargetWarning, match="withheld all the same"):
        store.add_many([HSIAO.model_copy(update={"keep": ["Nikolai Abilov sings."]}), Target(name="Nikolai Abilov")])


def test_of_many_reasons_the_two_gravest_are_told(store: TargetStore) -> None:
    store.add(Target(name="Will Young", documents=["Will Young sings."]))
    worst = Target(name="will young", aliases=["W"], documents=["May"], keep=["May", "Will sings."])
    with pytest.warns(TargetWarning) as caught:
        store.add(worst)
    told = [str(warning.message) for warning in caught]
    assert ["`keep`" in told[0], "has this name" in told[1], len(told)] == [True, True, 2]


def test_a_warning_turned_into_an_error_registers_nothing(store: TargetStore) -> None:
    with pytest.raises(TargetWarning):
        store.add_many([HSIAO, Target(name="May")])
    assert len(store) == 0


def test_the_revision_grows_with_every_change_and_with_no_reading(tmp_path: Path, store: TargetStore) -> None:
    revisions = [store.revision]
    added = store.add(HSIAO)
    revisions.append(store.revision)
    with TargetStore(store.path) as other:
        other.update(added.id, keep=["Taipei is a city."])
        revisions.append(store.revision)
        assert other.revision == store.revision
    store.list(), store.get(added.id), store.find("x")
    revisions.append(store.revision)
    store.remove(added.id)
    revisions.append(store.revision)
    assert revisions == [0, 1, 2, 2, 3]


def test_tenants_do_not_see_each_other(tmp_path: Path) -> None:
    with TargetStore(tmp_path, tenant="north") as north, TargetStore(tmp_path, tenant="south") as south:
        added = north.add(HSIAO)
        assert south.list() == []
        assert len(south) == 0
        for call in (south.get, south.history, south.remove):
            with pytest.raises(UnknownTarget):
                call(added.id)
        assert south.add(HSIAO).id != added.id
        assert len(north) == len(south) == 1


def test_threads_share_one_store(store: TargetStore) -> None:
    def work(thread: int) -> None:
        for i in range(20):
            added = store.add(Target(name=f"Author {thread} of {i}"))
            store.update(added.id, keep=["kept"])
            assert store.get(added.id).version == 2
            assert store.revision

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store) == 160
    assert store.revision == 320


texts = st.text(st.characters(exclude_categories=()), max_size=40)  # lone surrogates among them
names = st.text(min_size=1, max_size=40).filter(lambda name: any(character.isalnum() for character in name))
targets = st.builds(
    Target,
    name=names,
    aliases=st.lists(texts, max_size=3),
    documents=st.lists(texts, max_size=3),
    keep=st.lists(texts, max_size=3),
    basis=texts,
    requester=texts,
    expires_at=st.none() | st.datetimes(min_value=datetime(2100, 1, 1)),
    policy=st.none() | st.builds(Policy, name=texts),
)


@given(target=targets, why=texts, who=texts)
def test_whatever_is_registered_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, target: Target, why: str, who: str
) -> None:
    with TargetStore(tmp_path_factory.mktemp("store")) as store, warnings.catch_warnings():
        warnings.simplefilter("ignore", TargetWarning)
        added = store.add(target, why=why, who=who)
        given_by_register = {"id", "version", "state", "created_at"}
        assert added.model_dump(exclude=given_by_register) == target.model_dump(exclude=given_by_register)
        assert store.get(added.id) == added
        assert store.find(target.name) == [added]
        assert (store.history(added.id)[0].why, store.history(added.id)[0].who) == (why, who)
        path = store.path / "export.jsonl"
        assert store.export_jsonl(path) == 1
        assert Target.model_validate(json.loads(path.read_text("ascii"))) == added


def test_a_past_moment_has_targets_as_they_were_in_order(store: TargetStore) -> None:
    added = store.add_many(Target(name=f"Author Number {i}") for i in range(20))
    then = datetime.now(UTC)
    store.update(added[3].id, aliases=["Hsiao"])
    store.update(added[4].id, state="paused")
    store.remove(added[5].id)
    store.add(HSIAO)
    assert store.at(then) == [target for target in added if target != added[5]]
    assert store.at(datetime.now(UTC)) == store.list()
    assert store.at(then - timedelta(days=1)) == []


def test_a_past_moment_tells_what_had_expired_by_then(store: TargetStore) -> None:
    end = datetime.now(UTC) + timedelta(hours=1)
    store.add(HSIAO.model_copy(update={"expires_at": end}))
    moments = (end - timedelta(seconds=1), end, end + timedelta(days=1))
    assert [[target.state for target in store.at(moment)] for moment in moments] == [
        ["active"],
        ["expired"],
        ["expired"],
    ]


def test_a_target_that_was_removed_and_restored_is_not_there_between(tmp_path: Path, store: TargetStore) -> None:
    added = store.add(HSIAO)
    store.export_jsonl(tmp_path / "targets.jsonl")
    store.remove(added.id)
    between = datetime.now(UTC)
    store.import_jsonl(tmp_path / "targets.jsonl")
    assert [target.id for target in store] == [added.id]
    assert store.at(between) == []
    assert store.at(datetime.now(UTC)) == store.list()
