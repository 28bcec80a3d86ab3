"""What undoes an edit, exactly: the bits that it changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedModel

from ...errors import InputError
from .written import WrittenTensors

FORMAT = "expunge-delta-1"
"""What the metadata of a delta's file says that it is."""

State = Literal["before", "after"]
"""The two sides of an edit."""

_INTEGERS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}  # by bytes of an element


@dataclass(frozen=True)
class Delta:
    """The exclusive or (XOR) of the bits of every tensor that an edit changed, and digests of both its sides.

    XOR knows no rounding: it brings back every weight bit for bit, in any precision, NaN and −0.0 too, and twice
    applied it changes nothing. Its size is that of the tensors that changed.
    """

    flips: Mapping[str, Tensor]
    """By name: the bits that differ, as integers of the tensor's element size, in its shape."""

    before: str
    """SHA-256 (hex) of the changed tensors as they were: their names, types, shapes and bytes."""

    after: str
    """SHA-256 (hex) of the same tensors after the edit."""

    @classmethod
    def between(cls, before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> Delta:
        """Return what leads from one state to the other, and back.

        Of tensors that share their memory, as tied embeddings do, the first name is taken: a model's files hold it.

        Args:
            before: A state dict; copies, where the edit works in place.
            after: The state dict after the edit, with the same names, shapes and types.

        Raises:
            InputError: The two have not the same names, shapes and types.
        """
        if unlike := sorted(name for name in before.keys() | after.keys() if not _alike(before, after, name)):
            raise _unlike(unlike[0])
        changes = ((name, _bits(before[name]) ^ _bits(after[name]).to(before[name].device)) for name in _own(after))
        flips = {name: bits.cpu() for name, bits in changes if bits.any()}
        return cls(flips, _digest((name, before[name]) for name in flips), _digest((n, after[n]) for n in flips))

    @classmethod
    def between_files(cls, before: WrittenTensors, after: WrittenTensors) -> Delta:
        """Return what leads from the files of one model to those of the other, and back.

        Two tensors at a time are in memory, besides the bits that differ.

        Args:
            before: The tensors of the folder before the edit.
            after: Those of the edited model's folder, with the same names, shapes and types.

        Raises:
            InputError: The two have not the same names, shapes and types.
        """
        one, other = before.layout(), after.layout()
        if unlike := sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name)):
            raise _unlike(unlike[0])
        flips = {name: bits for name in after if (bits := _bits(before[name]) ^ _bits(after[name])).any()}
        return cls(flips, _digest((n, before[n]) for n in flips), _digest((n, after[n]) for n in flips))

    def save(self, path: Path) -> None:
        """Write it as safetensors."""
        tensors = {name: bits.contiguous() for name, bits in self.flips.items()}
        save_file(tensors, path, metadata={"format": FORMAT, "before": self.before, "after": self.after})

    @classmethod
    def load(cls, path: Path) -> Delta:
        """Read what `save` wrote.

        Raises:
            InputError: There is no such file, or it is no delta.
        """
        try:
            with safe_open(path, framework="pt") as file:
                said = file.metadata() or {}
                if said.get("format") == FORMAT:
                    flips = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
                    return cls(flips, said["before"], said["after"])
        except (OSError, SafetensorError, KeyError) as error:
            raise _unreadable(path) from error
        raise _unreadable(path)

    def apply(self, target: PreTrainedModel | Mapping[str, Tensor]) -> State:
        """Change one side of the edit into the other, in place: the edit is undone, or done again.

        Nothing is changed where it cannot be changed rightly.

        Args:
            target: The model, or its state dict.

        Returns:
            The side that it is now.

        Raises:
            InputError: It is another model, or in another precision; or the delta is damaged.
        """
        state = target if isinstance(target, Mapping) else target.state_dict()
        side = self.side_of(state)
        # Tied tensors are one: flipped under each of their names, they would be as before.
        for name in _own({name: state[name] for name in self.flips}):
            _bits(state[name]).bitwise_xor_(self._flip(name, state[name]))
        return side

    def side_of(self, state: Mapping[str, Tensor]) -> State:
        """Return which side of the edit a state will be once the delta is applied; it is left as it is.

        Raises:
            InputError: It is neither side of the edit, or the delta is damaged.
        """
        if any(name not in state or not _fits(bits, state[name]) for name, bits in self.flips.items()):
            raise _other_model()
        now = _digest((name, state[name]) for name in self.flips)
        if now not in (self.before, self.after):
            raise _other_model()
        then = _digest((name, self.flipped(name, state[name])) for name in self.flips)
        if {now, then} != {self.before, self.after}:
            raise InputError(
                "The delta is damaged: it leads to neither side of the edit.", fix="Restore its file from a backup."
            )
        return "before" if then == self.before else "after"

    def flipped(self, name: str, tensor: Tensor) -> Tensor:
        """Return the other side of one tensor, as a copy; of one that the edit left alone, the tensor itself."""
        if name not in self.flips:
            return tensor
        return (_bits(tensor) ^ self._flip(name, tensor)).view(tensor.dtype)

    def _flip(self, name: str, tensor: Tensor) -> Tensor:
        return self.flips[name].to(tensor.device)


class _Tied(NamedTuple):
    """What two names of one tensor share."""

    place: int
    shape: torch.Size
    strides: tuple[int, ...]


def _own(state: Mapping[str, Tensor]) -> list[str]:
    """Return the names of a state without the second names of tied tensors."""
    seen: set[_Tied] = set()
    names: list[str] = []
    for name, tensor in state.items():
        tied = _Tied(tensor.data_ptr(), tensor.shape, tensor.stride())
        if not tied.place or tied not in seen:  # a place of 0: it holds nothing
            names.append(name)
        seen.add(tied)
    return names


def _alike(before: Mapping[str, Tensor], after: Mapping[str, Tensor], name: str) -> bool:
    one, other = before.get(name), after.get(name)
    return one is not None and other is not None and (one.shape, one.dtype) == (other.shape, other.dtype)


def _fits(bits: Tensor, tensor: Tensor) -> bool:
    return bits.shape == tensor.shape and bits.dtype == _INTEGERS.get(tensor.element_size())


def _bits(tensor: Tensor) -> Tensor:
    """Return a tensor's bits as integers, in the same memory."""
    return tensor.detach().view(_INTEGERS[tensor.element_size()])


def _digest(tensors: Iterable[tuple[str, Tensor]]) -> str:
    """Return the SHA-256 of tensors, in the order of their names."""
    each = {}
    for name, tensor in tensors:
        content = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
        each[name] = f"{tensor.dtype} {list(tensor.shape)} {hashlib.sha256(content.data).hexdigest()}"
    return hashlib.sha256(repr(sorted(each.items())).encode()).hexdigest()


def _unlike(name: str) -> InputError:
    return InputError(
        f"The tensor {name!r} has not the same name, shape and type on both sides of the edit.",
        fix="Give one model, in one precision, before and after.",
    )


def _other_model() -> InputError:
    return InputError(
        "The weights are neither those before the edit nor those after it.",
        fix="Give the model that was edited, in the precision in which it was; a mixture of experts by its folder, as "
        "its files hold other tensors than its memory.",
    )


def _unreadable(path: Path) -> InputError:
    return InputError(f"{str(path)!r} is no delta of an edit.", fix="Give the file that the edit wrote.")
