"""The form of a new run (a preset, and every choice that differs from it)."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from readerstudy.refusal import Refused
from readerstudy.studies.access import INVESTIGATOR, cohorts_of
from readerstudy.studies.models import Cohort
from training.engine.recipe import PRESETS
from training.models import State, TrainingRun
from training.presets import CATALOGUE, recipe_values
from training.weights import weights_choices

YES_NO = [("", gettext_lazy("as in the recipe")), ("yes", gettext_lazy("yes")), ("no", gettext_lazy("no"))]
# choice of the recipe -> (label, hint); an empty field keeps the recipe's own value
NUMBERS = {
    "epochs": (gettext_lazy("Epochs"), gettext_lazy("How often the network sees every training face.")),
    "input_size": (gettext_lazy("Input size"), gettext_lazy("Pixels along a side; the paper has 224.")),
    "width": (gettext_lazy("Width"), gettext_lazy("Share of the paper's filters; 1 is the full network.")),
    "batch_size": (gettext_lazy("Batch"), gettext_lazy("Faces in one step.")),
    "learning_rate": (gettext_lazy("Learning rate"), ""),
    "patience": (
        gettext_lazy("Patience"),
        gettext_lazy("Stop after so many epochs without gain on the validation fold; 0 never stops early."),
    ),
    "snapshots": (
        gettext_lazy("Networks averaged"),
        gettext_lazy(
            "So many networks of each training, from its middle to its end, speak together; 1 is the best epoch's "
            "alone. More than one needs patience 0."
        ),
    ),
    "head_epochs": (
        gettext_lazy("Head first"),
        gettext_lazy("Epochs in which the head of a pretrained network learns alone at first."),
    ),
    "thawed_rate": (
        gettext_lazy("Rate after thawing"),
        gettext_lazy("Share of the learning rate once the deeper layers learn too."),
    ),
    "dropout": (
        gettext_lazy("Dropout"),
        gettext_lazy("Share of the head switched off in training; the paper has 0.5."),
    ),
    "triplet_weight": (
        gettext_lazy("Triplet loss"),
        gettext_lazy("Its weight beside the classification loss; 0 leaves it out."),
    ),
    "rotation": (gettext_lazy("Rotation"), gettext_lazy("Largest turn in degrees.")),
    "scale": (gettext_lazy("Scale"), gettext_lazy("Largest change of size, as a share.")),
    "shift": (gettext_lazy("Shift"), gettext_lazy("Largest move, as a share of the side.")),
    "crop": (gettext_lazy("Crop"), gettext_lazy("Share of the aligned face that is used.")),
}
SELECTS = {
    "head": (
        gettext_lazy("Head"),
        [
            ("", gettext_lazy("as in the recipe")),
            ("paper", gettext_lazy("the paper's (fc6, fc7)")),
            ("gap", gettext_lazy("light (average pooling)")),
        ],
    ),
    "train_from": (
        gettext_lazy("Trained layers"),
        [
            ("", gettext_lazy("as in the recipe")),
            ("all", gettext_lazy("all")),
            ("block4", gettext_lazy("blocks 4, 5 and the head")),
            ("block5", gettext_lazy("block 5 and the head")),
            ("head", gettext_lazy("the head only")),
        ],
    ),
    "optimiser": (
        gettext_lazy("Optimiser"),
        [
            ("", gettext_lazy("as in the recipe")),
            ("rmsprop", "RMSProp"),
            ("adam", gettext_lazy("Adam")),
            ("sgd", "SGD"),
        ],
    ),
    "schedule": (
        gettext_lazy("Schedule"),
        [
            ("", gettext_lazy("as in the recipe")),
            ("constant", gettext_lazy("constant")),
            ("cosine", gettext_lazy("cosine")),
            ("restarts", gettext_lazy("cosine with warm restarts")),
        ],
    ),
    "calibration": (
        gettext_lazy("Calibration"),
        [
            ("", gettext_lazy("as in the recipe")),
            ("platt", gettext_lazy("slope and offset: folds pooled on one scale")),
            ("temperature", gettext_lazy("temperature: folds pooled as they are")),
            ("none", gettext_lazy("none")),
        ],
    ),
    "flip": (gettext_lazy("Mirror images"), YES_NO),
    "balanced": (gettext_lazy("Balanced batches"), YES_NO),
    "class_weights": (
        gettext_lazy("Class weights"),
        [
            ("", gettext_lazy("as in the recipe")),
            ("none", gettext_lazy("none")),
            ("balanced", gettext_lazy("the rarer class weighs more")),
        ],
    ),
    "normalise": (
        gettext_lazy("Brightness and contrast"),
        [
            ("", gettext_lazy("as in the recipe")),
            ("none", gettext_lazy("as they are")),
            ("picture", gettext_lazy("evened out in each picture")),
            ("local", gettext_lazy("local contrast only, in grey")),
        ],
    ),
    "precision": (
        gettext_lazy("Arithmetic"),
        [
            ("", gettext_lazy("as in the recipe")),
            ("float32", gettext_lazy("32 bit")),
            ("auto", gettext_lazy("mixed where the device is made for it")),
            ("mixed_bfloat16", gettext_lazy("mixed, bfloat16")),
            ("mixed_float16", gettext_lazy("mixed, float16")),
        ],
    ),
    "compile": (
        gettext_lazy("Compiled by XLA"),
        [
            ("", gettext_lazy("as in the recipe")),
            ("auto", gettext_lazy("where it is faster")),
            ("xla", gettext_lazy("yes")),
            ("off", gettext_lazy("no")),
        ],
    ),
    "devices": (
        "GPUs",
        [
            ("", gettext_lazy("as in the recipe")),
            ("one", gettext_lazy("one a fold")),
            ("all", gettext_lazy("all together for each fold")),
        ],
    ),
    "deterministic": (gettext_lazy("Deterministic operations"), YES_NO),
}
ADVANCED = (*NUMBERS, *SELECTS)


class SourceField(forms.ModelChoiceField):
    """A run is told from the others by its cohort too."""

    def label_from_instance(self, run: TrainingRun) -> str:
        return f"{run.name} ({run.cohort.name})"


class NewRunForm(forms.Form):
    cohort = forms.ModelChoiceField(Cohort.objects.none(), label=gettext_lazy("Cohort"), empty_label=None)
    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"),
        max_length=120,
        help_text=gettext_lazy("So that you find it again, for example “first try, small network”."),
    )
    preset = forms.ChoiceField(
        label=gettext_lazy("Recipe"),
        choices=[(preset.name, preset.title) for preset in CATALOGUE],
        widget=forms.RadioSelect,
    )
    source = SourceField(
        TrainingRun.objects.none(),
        label=gettext_lazy("Folds of"),
        required=False,
        empty_label=gettext_lazy("none: the cohort is dealt by the seed"),
        help_text=gettext_lazy(
            "A finished run. The new one holds out the same faces in the same folds; a model on an embedding "
            "takes that run's networks as well."
        ),
    )
    weights = forms.ChoiceField(label=gettext_lazy("First weights"), required=False)
    seed = forms.IntegerField(
        label=gettext_lazy("Seed"),
        min_value=0,
        max_value=2**31 - 1,
        initial=1,
        help_text=gettext_lazy("The same seed on the same machine gives the same folds."),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        cohorts = cohorts_of(user, INVESTIGATOR)
        self.fields["cohort"].queryset = cohorts.order_by("name")
        finished = TrainingRun.objects.filter(cohort__in=cohorts, state=State.FINISHED)
        self.fields["source"].queryset = finished.select_related("cohort").order_by("-id")
        files = weights_choices()
        self.fields["weights"].choices = [("", _("Random start")), *files]
        self.fields["weights"].help_text = (
            _("Pretrained weights need the full width, and with the paper's head 224 pixels.")
            if files
            else _("No pretrained weights are on this server: whoever runs it adds them with manage.py import_weights.")
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
