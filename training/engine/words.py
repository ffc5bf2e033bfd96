"""A recipe in plain words, for the pages and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.engine.layout import heat_map_block, parameter_count

if TYPE_CHECKING:
    from training.engine.recipe import Recipe

HEADS = {
    "paper": "the paper's head: fully connected layers as convolutions (fc6, fc7), then softmax",
    "gap": "a light head: global average pooling, then softmax",
}
THAWED = {
    "all": "every layer is trained",
    "block4": "blocks 1 to 3 stay as they are; blocks 4, 5 and the head are trained",
    "block5": "blocks 1 to 4 stay as they are; block 5 and the head are trained",
    "head": "the convolutions stay as they are; only the head is trained",
}
MONITORS = {"val_loss": "lowest loss", "val_auc": "highest mean AUC of three epochs"}
CALIBRATIONS = {
    "platt": "Platt's slope and offset a fold, fitted on its validation fold only and kept near 1 and 0: the scores of "
    "all folds are pooled on this scale; the raw scores are kept",
    "temperature": "one temperature a fold, fitted on its validation fold only; the raw scores are kept, and pooled as "
    "they are",
    "none": "none; the raw scores only, pooled as they are",
}
HEAT_MAPS = {"grad-cam": "Grad-CAM", "grad-cam++": "Grad-CAM++"}
NORMALISED = {
    "none": "",
    "picture": "; each picture's own mean and contrast taken out first",
    "local": "; turned to grey, the mean and contrast of each place's neighbourhood taken out first",
}
DEVICES = {
    "one": "one",
    "all": "all GPUs of the worker, each with its share of every batch and its own batch statistics",
}
ARITHMETIC = {
    "float32": "float32",
    "auto": "mixed precision on a GPU made for it, else float32",
    "mixed_bfloat16": "mixed_bfloat16",
    "mixed_float16": "mixed_float16",
}
COMPILED = {
    "auto": "compiled by XLA on a single GPU where that works, not on processors",
    "xla": "compiled by XLA",
    "off": "not compiled by XLA",
}
SCHEDULES = {"constant": "constant", "cosine": "cosine", "restarts": "cosine with warm restarts"}
OPTIMISERS = {"rmsprop": "RMSProp", "adam": "Adam", "sgd": "stochastic gradient descent with momentum 0.9"}


def parameters(recipe: Recipe) -> int:
    """Parameters of the recipe's network, batch-norm statistics included."""
    return parameter_count(
        input_size=recipe.input_size, width=recipe.width, head=recipe.head, embedding_size=recipe.embedding_size
    )


def is_papers_network(recipe: Recipe) -> bool:
    """Whether the network has the size and head of Hong et al. 2021."""
    return recipe.input_size == 224 and recipe.width == 1.0 and recipe.head == "paper"


def network_sentence(recipe: Recipe) -> str:
    """Which network it is, in one sentence that cannot be mistaken for the paper's when it is not."""
    size = f"{parameters(recipe) / 1e6:.1f} M parameters"
    what = "the paper's full network" if is_papers_network(recipe) else "not the paper's full network"
    width = "full width" if recipe.width == 1.0 else f"width {recipe.width:g}"
    return f"VGG-16 layout at {recipe.input_size} px, {width}: {size}; {what}"


def describe(recipe: Recipe) -> list[tuple[str, str]]:
    """(label, sentence) of every choice."""
    return [
        ("Network", network_sentence(recipe)),
        ("Head", f"{HEADS[recipe.head]}; {recipe.dropout:.0%} dropout"),
        ("Batch norm", f"after each of the 13 convolutions, momentum {recipe.bn_momentum:g}"),
        ("Start", _start(recipe)),
        ("Trained layers", _layers(recipe)),
        ("Loss", _loss(recipe)),
        ("Optimiser", _optimiser(recipe)),
        ("Length", _length(recipe)),
        ("Picture", _picture(recipe)),
        ("Augmentation", _augmentation(recipe)),
        ("Held-out scores", _scores(recipe)),
        ("Calibration", CALIBRATIONS[recipe.calibration]),
        ("Heat maps", _heat_maps(recipe)),
        ("Folds", _folds(recipe)),
        ("Arithmetic", ARITHMETIC[recipe.precision] + (", deterministic operations" if recipe.deterministic else "")),
        ("Device", f"{DEVICES[recipe.devices]}; {COMPILED[recipe.compile]}"),
    ]


def _start(recipe: Recipe) -> str:
    if recipe.weights == "random":
        return f"random (He), from seed {recipe.seed}; no pretrained weights"
    return f"pretrained weights, SHA-256 {recipe.weights[:12]}...; batch norm set by one pass over the training fold"


def _layers(recipe: Recipe) -> str:
    thawed = THAWED[recipe.train_from]
    if not recipe.head_epochs:
        return thawed
    return (
        f"for {recipe.head_epochs} epoch{'s' if recipe.head_epochs > 1 else ''} the head alone; then {thawed}, at "
        f"{recipe.thawed_rate:g} of the learning rate"
    )


def _loss(recipe: Recipe) -> str:
    smoothing = f" with label smoothing {recipe.label_smoothing:g}" if recipe.label_smoothing else ""
    if recipe.class_weights == "balanced":
        smoothing += ", the rarer class weighing more"
    if not recipe.triplet_weight:
        return f"cross-entropy{smoothing}; no triplet loss"
    return (
        f"cross-entropy{smoothing} plus {recipe.triplet_weight:g} x {recipe.triplet_mining} triplet loss "
        f"(margin {recipe.triplet_margin:g}) on an L2-normalised embedding of {recipe.embedding_size} numbers"
    )


def _optimiser(recipe: Recipe) -> str:
    decay = f", weight decay {recipe.weight_decay:g}" if recipe.weight_decay else ""
    average = f", weights averaged over steps (decay {recipe.average_weights:g})" if recipe.average_weights else ""
    rate = f"learning rate {recipe.learning_rate:g}, {SCHEDULES[recipe.schedule]}"
    return f"{OPTIMISERS[recipe.optimiser]}, {rate}{decay}{average}"


def _length(recipe: Recipe) -> str:
    stop = f"stopped after {recipe.patience} epochs without gain" if recipe.patience else "no early stop"
    kind = "class-balanced" if recipe.balanced else "shuffled"
    if recipe.networks > 1:
        kept = ", ".join(map(str, recipe.kept_epochs))
        return (
            f"{recipe.epochs} epochs of {kind} batches of {recipe.batch_size}; the mean of the networks after epochs "
            f"{kept}; threshold chosen on the validation fold only"
        )
    return (
        f"up to {recipe.epochs} epochs of {kind} batches of {recipe.batch_size}, {stop}; "
        f"best epoch ({MONITORS[recipe.monitor]}) and threshold chosen on the validation fold only"
    )


def _picture(recipe: Recipe) -> str:
    part = "the whole aligned crop" if recipe.crop == 1.0 else f"the middle {recipe.crop:.0%} of the aligned crop"
    own = NORMALISED[recipe.normalise]
    return f"{part} at {recipe.input_size} x {recipe.input_size} x 3, values 0 to 1{own}"


def _augmentation(recipe: Recipe) -> str:
    parts = [
        f"rotation up to {recipe.rotation:g} degrees" if recipe.rotation else "",
        f"scale up to {recipe.scale:.0%}" if recipe.scale else "",
        f"shift up to {recipe.shift:.0%}" if recipe.shift else "",
        "left-right flip" if recipe.flip else "",
        f"brightness and colour up to {recipe.brightness:.0%}" if recipe.brightness else "",
    ]
    return ", ".join(part for part in parts if part) or "none"


def _scores(recipe: Recipe) -> str:
    return "mean of the face and its mirror image" if recipe.tta_flip else "one pass over the face as it is"


def _heat_maps(recipe: Recipe) -> str:
    if recipe.heat_maps == "none":
        return "none"
    block = heat_map_block(recipe.input_size)
    places = recipe.input_size >> (block - 1)
    return (
        f"{HEAT_MAPS[recipe.heat_maps]} of every held-out face for GS against control, {places} x {places} places "
        f"of block {block}"
    )


def _folds(recipe: Recipe) -> str:
    train = recipe.folds - 2
    return (
        f"{recipe.folds} folds by subject, {train}:1:1 training, validation, test; stratified by class and syndrome; "
        f"seed {recipe.seed}"
    )
