"""The form of a new run (a preset, and every choice that differs from it)."""

from typing import Any

from django import forms

from readerstudy.refusal import Refused
from readerstudy.studies.access import INVESTIGATOR, cohorts_of
from readerstudy.studies.models import Cohort
from training.engine.recipe import PRESETS
from training.models import State, TrainingRun
from training.presets import CATALOGUE, recipe_values
from training.weights import weights_choices

YES_NO = [("", "as in the recipe"), ("yes", "yes"), ("no", "no")]
# choice of the recipe -> (label, hint); an empty field keeps the recipe's own value
NUMBERS = {
    "epochs": ("Epochs", "How often the network sees every training face."),
    "input_size": ("Input size", "Pixels along a side; the paper has 224."),
    "width": ("Width", "Share of the paper's filters; 1 is the full network."),
    "batch_size": ("Batch", "Faces in one step."),
    "learning_rate": ("Learning rate", ""),
    "patience": ("Patience", "Stop after so many epochs without gain on the validation fold; 0 never stops early."),
    "head_epochs": (
        "Head first",
        "Epochs in which the head of a pretrained network learns alone at first.",
    ),
    "thawed_rate": ("Rate after thawing", "Share of the learning rate once the deeper layers learn too."),
    "dropout": ("Dropout", "Share of the head switched off in training; the paper has 0.5."),
    "triplet_weight": ("Triplet loss", "Its weight beside the classification loss; 0 leaves it out."),
    "rotation": ("Rotation", "Largest turn in degrees."),
    "scale": ("Scale", "Largest change of size, as a share."),
    "shift": ("Shift", "Largest move, as a share of the side."),
    "crop": ("Crop", "Share of the aligned face that is used."),
}
SELECTS = {
    "head": (
        "Head",
        [("", "as in the recipe"), ("paper", "the paper's (fc6, fc7)"), ("gap", "light (average pooling)")],
    ),
    "train_from": (
        "Trained layers",
        [
            ("", "as in the recipe"),
            ("all", "all"),
            ("block4", "blocks 4, 5 and the head"),
            ("block5", "block 5 and the head"),
            ("head", "the head only"),
        ],
    ),
    "optimiser": ("Optimiser", [("", "as in the recipe"), ("rmsprop", "RMSProp"), ("adam", "Adam"), ("sgd", "SGD")]),
    "schedule": ("Schedule", [("", "as in the recipe"), ("constant", "constant"), ("cosine", "cosine")]),
    "calibration": (
        "Calibration",
        [
            ("", "as in the recipe"),
            ("platt", "slope and offset: folds pooled on one scale"),
            ("temperature", "temperature: folds pooled as they are"),
            ("none", "none"),
        ],
    ),
    "flip": ("Mirror images", YES_NO),
    "balanced": ("Balanced batches", YES_NO),
    "class_weights": (
        "Class weights",
        [("", "as in the recipe"), ("none", "none"), ("balanced", "the rarer class weighs more")],
    ),
    "normalise": (
        "Brightness and contrast",
        [
            ("", "as in the recipe"),
            ("none", "as they are"),
            ("picture", "evened out in each picture"),
            ("local", "local contrast only, in grey"),
        ],
    ),
    "precision": (
        "Arithmetic",
        [
            ("", "as in the recipe"),
            ("float32", "32 bit"),
            ("auto", "mixed where the device is made for it"),
            ("mixed_bfloat16", "mixed, bfloat16"),
            ("mixed_float16", "mixed, float16"),
        ],
    ),
    "compile": (
        "Compiled by XLA",
        [("", "as in the recipe"), ("auto", "where it is faster"), ("xla", "yes"), ("off", "no")],
    ),
    "devices": ("GPUs", [("", "as in the recipe"), ("one", "one a fold"), ("all", "all together for each fold")]),
    "deterministic": ("Deterministic operations", YES_NO),
}
ADVANCED = (*NUMBERS, *SELECTS)


class SourceField(forms.ModelChoiceField):
    """A run is told from the others by its cohort too."""

    def label_from_instance(self, run: TrainingRun) -> str:
        return f"{run.name} ({run.cohort.name})"


class NewRunForm(forms.Form):
    cohort = forms.ModelChoiceField(Cohort.objects.none(), empty_label=None)
    name = forms.CharField(
        max_length=120, help_text="So that you find it again, for example “first try, small network”."
    )
    preset = forms.ChoiceField(
        label="Recipe", choices=[(preset.name, preset.title) for preset in CATALOGUE], widget=forms.RadioSelect
    )
    source = SourceField(
        TrainingRun.objects.none(),
        label="Folds of",
        required=False,
        empty_label="none: the cohort is dealt by the seed",
        help_text="A finished run. The new one holds out the same faces in the same folds; a model on an embedding "
        "takes that run's networks as well.",
    )
    weights = forms.ChoiceField(label="First weights", required=False)
    seed = forms.IntegerField(
        min_value=0, max_value=2**31 - 1, initial=1, help_text="The same seed on the same machine gives the same folds."
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        cohorts = cohorts_of(user, INVESTIGATOR)
        self.fields["cohort"].queryset = cohorts.order_by("name")
        finished = TrainingRun.objects.filter(cohort__in=cohorts, state=State.FINISHED)
        self.fields["source"].queryset = finished.select_related("cohort").order_by("-id")
        files = weights_choices()
        self.fields["weights"].choices = [("", "Random start"), *files]
        self.fields["weights"].help_text = (
            "Pretrained weights need the full width, and with the paper's head 224 pixels."
            if files
            else "No pretrained weights are on this server: whoever runs it adds them with manage.py import_weights."
        )
        for key, (label, hint) in NUMBERS.items():
            self.fields[key] = forms.CharField(label=label, help_text=hint, required=False, widget=_number(key))
        for key, (label, choices) in SELECTS.items():
            self.fields[key] = forms.ChoiceField(label=label, choices=choices, required=False)

    def advanced(self) -> list[forms.BoundField]:
        return [self[key] for key in ADVANCED]

    def has_advanced(self) -> bool:
        """Whether a choice was changed or is wrong, so that the page opens that part."""
        return any(self[key].errors or self[key].value() for key in ADVANCED)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("preset") and not self.errors:
            try:
                values["recipe"] = self._recipe(values)
            except Refused as refusal:
                raise forms.ValidationError(refusal.message) from None
        return values

    def _recipe(self, values: dict[str, Any]) -> dict[str, Any]:
        changes = {key: values[key] for key in ADVANCED if values.get(key)}
        return recipe_values(values["preset"], {**changes, "seed": values["seed"]})


def _number(key: str) -> forms.TextInput:
    return forms.TextInput(attrs={"inputmode": "decimal", "data-choice": key})


def preset_values() -> dict[str, dict[str, Any]]:
    """Each preset's own values of the numbers, for the fields' placeholders."""
    return {name: {key: recipe.to_dict()[key] for key in NUMBERS} for name, recipe in PRESETS.items()}
