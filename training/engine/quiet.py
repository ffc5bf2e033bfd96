"""To be imported before TensorFlow: Keras on TensorFlow, GPU memory as needed, and no banner on standard error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["hushed", "tf"]

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")


@contextmanager
def hushed() -> Iterator[None]:
    """Send the process' standard error nowhere: the C++ side logs before any level can be set."""
    try:
        kept = os.dup(2)
    except OSError:  # a daemon may have closed it
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


with hushed():
    import tensorflow as tf

    tf.constant(0.0)  # the first operation logs once more
