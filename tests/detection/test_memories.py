"""Memories: the judge of scope follows the register, and looks at no more of it than it needs."""

from collections.abc import Sequence

from expunge import Target, TargetStore
from expunge.detection.meaning import Meaning
from expunge.detection.memories import Memories
from expunge.detection.scope import SHARED, Judgement
from expunge.models.embeddings import load_embedder
from expunge.schema import Vectors

ADDRESS = ["Where does {0} live? {0} lives at 4 Harbour Lane."]
BOOKS = ["What did {0} write? {0} wrote the novel Tidewrack."]


class Counting(Meaning):
    """Embeds, and counts what it embedded."""

    count = 0

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.count += len(texts)
        return super().embed(texts)


def person(name: str, forget: list[str], keep: list[str]) -> Target:
    documents, kept = ([text.format(name) for text in texts] for texts in (forget, keep))
    return Target(name=name, scope="documents", documents=documents, keep=kept)


def judge(memories: Memories, target: Target, passage: str) -> Judgement | None:
    return memories.judge(target.id, load_embedder().embed([passage.format(target.name)]), "forget")


def contrasts(memories: Memories, target: Target) -> bool:
    judgement = judge(memories, target, BOOKS[0])
    return judgement is not None and judgement.contrasts


def flagged(memories: Memories, target: Target, passage: str) -> bool:
    judgement = judge(memories, target, passage)
    assert judgement is not None
    return judgement.scores[0] > judgement.threshold


def test_what_others_teach_is_forgotten_with_them(store: TargetStore) -> None:
    one = store.add(person("Brynja Solmundar", ADDRESS, []))
    others = store.add_many([person(name, ADDRESS, BOOKS) for name in ("Odd Kvalheim", "Ann Tolliver", "Ida Rask")])
    memories = Memories(store, Meaning(store))
    for target in (one, *others):
        memories.add(target)
    assert contrasts(memories, one)
    for target in others:
        memories.remove(target.id)
    assert others[0].id not in memories
    assert judge(memories, others[0], BOOKS[0]) is None
    assert not contrasts(memories, one)


def test_a_changed_target_is_learned_anew(store: TargetStore) -> None:
    target = store.add(person("Brynja Solmundar", ADDRESS, BOOKS))
    memories = Memories(store, Meaning(store))
    memories.add(target)
    assert flagged(memories, target, "{}'s home is in Harbour Lane.")
    changed = store.update(target.id, documents=target.keep, keep=target.documents)
    memories.add(changed)
    assert not flagged(memories, changed, "{}'s home is in Harbour Lane.")
    assert flagged(memories, changed, "{} has written a novel.")


def test_what_the_index_no_longer_holds_is_not_judged(store: TargetStore) -> None:
    one, other = store.add_many([person(name, ADDRESS, BOOKS) for name in ("Brynja Solmundar", "Odd Kvalheim")])
    memories = Memories(store, Meaning(store))
    memories.add(one)
    memories.add(other)
    store.remove(one.id)
    assert judge(memories, one, ADDRESS[0]) is None
    assert flagged(memories, other, "{}'s home is in Harbour Lane.")


def test_of_many_targets_only_some_are_learned_from(store: TargetStore) -> None:
    targets = store.add_many([person(f"Person{i} Solmundar", ADDRESS, BOOKS) for i in range(3)])
    meaning = Counting(store)
    memories = Memories(store, meaning)
    memories.ready()
    assert meaning.count == 0
    for i in range(2 * SHARED):
        memories.add(targets[0].model_copy(update={"id": f"tgt_{i}", "kind": "organisation"}))
    memories.add(targets[1])
    memories.ready()
    assert meaning.count == SHARED + 1
