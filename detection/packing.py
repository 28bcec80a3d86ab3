"""Probes as bytes, to be kept."""

from io import BytesIO

import numpy as np

from .probe import Probe, Sieve


def pack(probe: Probe) -> bytes:
    """Write a probe as arrays, in the format of `numpy.savez`; embeddings in half precision, as they were rounded."""
    buffer = BytesIO()
    np.savez(
        buffer,
        sieve_weights=probe.sieve.weights,
        weights=probe.weights,
        centre=probe.centre,
        anchors=probe.anchors.astype(np.float16),
        coefficients=probe.coefficients,
        numbers=np.array([probe.sieve.threshold, probe.bias, probe.threshold]),
    )
    return buffer.getvalue()


def unpack(content: bytes) -> Probe:
    """Read what `pack` wrote."""
    with np.load(BytesIO(content), allow_pickle=False) as arrays:
        sieve_threshold, bias, threshold = arrays["numbers"].tolist()
        return Probe(
            sieve=Sieve(arrays["sieve_weights"], sieve_threshold),
            weights=arrays["weights"],
            centre=arrays["centre"],
            anchors=arrays["anchors"].astype(np.float32),
            coefficients=arrays["coefficients"],
            bias=bias,
            threshold=threshold,
        )
