"""The VGG-16 layout as numbers: filters, kernel sizes and parameter counts, without loading TensorFlow.

Source: Simonyan and Zisserman 2015, configuration D; names as in `keras.applications.vgg16`.
"""

from __future__ import annotations

BLOCKS: tuple[tuple[int, int], ...] = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
"""(convolutions, filters at width 1) of the five blocks: 13 convolutions in all."""

FC_UNITS = 4096
CLASSES = 2
STRIDE = 32
"""Five poolings by two."""


def filters(full: int, *, width: float) -> int:
    """Number of filters at a width multiplier, never under 4.

    >>> filters(64, width=0.25), filters(512, width=1.0)
    (16, 512)
    """
    return max(4, round(full * width))


def convolutions(width: float) -> list[tuple[str, int]]:
    """(name, filters) of the 13 convolutions in order.

    >>> convolutions(1.0)[0], convolutions(1.0)[-1], len(convolutions(1.0))
    (('block1_conv1', 64), ('block5_conv3', 512), 13)
    """
    return [
        (f"block{block}_conv{number}", filters(full, width=width))
        for block, (count, full) in enumerate(BLOCKS, start=1)
        for number in range(1, count + 1)
    ]


def remaining(input_size: int) -> int:
    """Pixels left along a side after the five poolings: the kernel size of fc6 (7 at 224)."""
    return input_size // STRIDE


def heat_map_block(input_size: int) -> int:
    """The last block whose convolutions still tell at least 7 x 7 places apart: 5 at the paper's 224 pixels.

    >>> heat_map_block(224), heat_map_block(64), heat_map_block(32)
    (5, 4, 3)
    """
    return next((block for block in (5, 4, 3) if input_size >> (block - 1) >= 7), 3)


def snapshot_epochs(epochs: int, snapshots: int, *, schedule: str) -> tuple[int, ...]:
    """The epochs (1..) after which a network is kept to be averaged, the last among them.

    Evenly over the second half; where the learning rate restarts, before each restart. A short training has room for
    fewer: one for every two epochs.

    >>> snapshot_epochs(80, 3, schedule="cosine"), snapshot_epochs(80, 3, schedule="restarts")
    ((40, 60, 80), (27, 53, 80))
    >>> snapshot_epochs(30, 1, schedule="constant"), snapshot_epochs(2, 3, schedule="cosine")
    ((30,), (2,))
    """
    count = min(snapshots, max(1, epochs // 2))
    if count == 1:
        return (epochs,)
    if schedule == "restarts":
        return tuple(round(epochs * number / count) for number in range(1, count + 1))
    return tuple(round(epochs / 2 * (1 + number / (count - 1))) for number in range(count))


def parameter_count(*, input_size: int, width: float, head: str, embedding_size: int) -> int:
    """Number of parameters, batch-norm statistics included, as Keras' `Model.count_params` gives it.

    >>> parameter_count(input_size=224, width=1.0, head="paper", embedding_size=128)
    134842818
    """
    total, channels = 0, 3
    for _, units in convolutions(width):
        total += (9 * channels + 1) * units + 4 * units
        channels = units
    if head == "paper":
        units = filters(FC_UNITS, width=width)
        kernel = remaining(input_size) ** 2
        total += (kernel * channels + 1) * units + 4 * units + (units + 1) * units + 4 * units
        channels = units
    return total + (channels + 1) * CLASSES + (channels + 1) * embedding_size
