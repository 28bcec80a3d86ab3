"""The secret: where it comes from, what it opens, who may read it."""

import pickle
import stat
from pathlib import Path

import pytest
from expunge.errors import StoreError, WrongKey
from expunge.schema import Target
from expunge.settings import settings
from expunge.stores import Keys, TargetStore
from hypothesis import given
from hypothesis import strategies as st

KEY = "correct horse battery staple"
HSIAO = Target(name="Hsiao Yun-Hwa")
KEYS = Keys(KEY)
anything = st.text(st.characters(exclude_categories=()))  # lone surrogates too


@given(text=anything, row=anything)
def test_what_is_encrypted_is_decrypted(text: str, row: str) -> None:
    assert KEYS.decrypt(KEYS.encrypt(text, row), row) == text


@given(text=anything, place=st.integers(min_value=0), flip=st.integers(1, 255))
def test_a_changed_byte_is_noticed(text: str, place: int, flip: int) -> None:
    sealed = bytearray(KEYS.encrypt(text, "row"))
    sealed[place % len(sealed)] ^= flip
    with pytest.raises(WrongKey):
        KEYS.decrypt(bytes(sealed), "row")


def test_a_row_is_not_read_as_another_nor_with_another_key() -> None:
    sealed = KEYS.encrypt("Taipei", "target/one/1")
    for keys, row in ((KEYS, "target/two/1"), (Keys(KEY + "!"), "target/one/1")):
        with pytest.raises(WrongKey) as caught:
            keys.decrypt(sealed, row)
        assert "Taipei" not in str(caught.value)
    with pytest.raises(WrongKey):
        KEYS.decrypt(b"", "row")
    assert KEYS.encrypt("Taipei", "row") != KEYS.encrypt("Taipei", "row")


def test_digests_depend_on_key_purpose_and_content() -> None:
    calls = [(KEYS, "name", b"x"), (KEYS, "name", b"y"), (KEYS, "content", b"x"), (Keys(KEY + "!"), "name", b"x")]
    assert len({keys.digest(purpose, content) for keys, purpose, content in calls}) == 4
    assert KEYS.digest("name", b"x") == Keys(KEY).digest("name", b"x")


@given(secret=st.text(st.characters(exclude_categories=()), min_size=16), text=anything)
def test_keys_of_another_process_are_the_same(secret: str, text: str) -> None:
    keys = Keys(secret)
    sealed = keys.encrypt(text, "row")
    sent: Keys = pickle.loads(pickle.dumps(keys))
    assert sent.decrypt(sealed, "row") == text
    assert sent.digest("name", b"x") == keys.digest("name", b"x")


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongKey, match="16"):
        TargetStore(tmp_path, key="short")


def test_a_new_register_makes_its_own_key_file_for_its_owner(tmp_path: Path) -> None:
    with TargetStore(tmp_path / "store") as store:
        store.add(HSIAO)
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "store" / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "store" / "register.db").stat().st_mode) == 0o600
    secret = (tmp_path / "store" / "key").read_text().strip()
    with TargetStore(tmp_path / "store", key=secret) as store:
        assert [target.name for target in store] == [HSIAO.name]
    with TargetStore(tmp_path / "other") as other:
        assert other.keys.digest("x", b"") != store.keys.digest("x", b"")


def test_the_argument_wins_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TargetStore(tmp_path, key=KEY) as store:
        store.add(HSIAO)
    assert not (tmp_path / "key").exists()
    monkeypatch.setenv("EXPUNGE_KEY", KEY)
    settings.cache_clear()
    with TargetStore(tmp_path) as store:
        assert len(store) == 1
    monkeypatch.setenv("EXPUNGE_KEY", "another key of good length")
    settings.cache_clear()
    with pytest.raises(WrongKey):
        TargetStore(tmp_path)
    with TargetStore(tmp_path, key=KEY) as store:
        assert len(store) == 1


def test_a_wrong_key_is_noticed_on_opening_and_changes_nothing(tmp_path: Path) -> None:
    with TargetStore(tmp_path, key=KEY):
        pass
    with pytest.raises(WrongKey, match="does not open") as caught:
        TargetStore(tmp_path, key=KEY + "!")
    assert caught.value.fix
    assert KEY not in str(caught.value)
    TargetStore(tmp_path, key=KEY).close()


def test_a_lost_key_file_is_not_replaced(tmp_path: Path) -> None:
    with TargetStore(tmp_path) as store:
        store.add(HSIAO)
    secret = (tmp_path / "key").read_bytes()
    (tmp_path / "key").unlink()
    with pytest.raises(WrongKey, match="Restore it"):
        TargetStore(tmp_path)
    assert not (tmp_path / "key").exists()
    (tmp_path / "key").write_bytes(secret)
    (tmp_path / "key").chmod(0o600)
    with TargetStore(tmp_path) as store:
        assert len(store) == 1


@pytest.mark.parametrize("content", [b"", b"short", b"\xff\xfe" * 20])
def test_an_unusable_key_file_is_an_error(tmp_path: Path, content: bytes) -> None:
    TargetStore(tmp_path).close()
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(WrongKey):
        TargetStore(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    TargetStore(tmp_path).close()
    (tmp_path / "key").chmod(mode)
    with pytest.raises(StoreError, match="chmod 600"):
        TargetStore(tmp_path)
