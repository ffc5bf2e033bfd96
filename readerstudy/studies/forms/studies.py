"""Forms of the coordinator's desk."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from readerstudy.studies.models import Cohort, Invitation, Protocol, Reader, Study
from readerstudy.studies.models.studies import MOST_PARTS
from readerstudy.studies.services import texts
from readerstudy.studies.syndromes import LONGEST_NAME, MOST_NAMES

RULE_GROUPS = {
    _("Who reads which faces"): ["parts"],
    _("A face"): ["exposure", "call_ends_exposure", "answer_window", "incident_policy", "tolerance_ms"],
    _("An answer and a session"): [
        "confidence",
        "block_length",
        "repeats_percent",
        "practice_pass_percent",
    ],
    _("The model"): ["design", "washout_days"],
    _("Who sees results"): ["is_blinded_until_closed", "shows_own_result"],
    _("More about the answer"): ["undo", "sides", "asks_syndrome", "syndromes"],
}
GENETICS = [("", _("rather not say")), ("yes", _("yes")), ("no", _("no"))]


class CohortChoice(forms.ModelChoiceField):
    def label_from_instance(self, cohort: Cohort) -> str:
        said = _("%(name)s (%(n)s faces ready)")
        if cohort.kind == Cohort.Kind.PHANTOM:
            said = _("%(name)s (%(n)s faces ready, phantom)")
        return str(said % {"name": cohort.name, "n": cohort.ready})


class RulesForm(forms.Form):
    """The protocol, in the units people use; ``rules()`` gives the model's fields."""

    exposure = forms.DecimalField(
        label=_("A face is shown for (seconds)"),
        min_value=Decimal("0.1"),
        max_value=600,
        decimal_places=3,
        initial=10,
        help_text=_("The published study: 10 seconds."),
    )
    call_ends_exposure = forms.BooleanField(label=_("An answer takes the face away"), required=False)
    answer_window = forms.DecimalField(
        label=_("Time to answer after that (seconds)"),
        min_value=1,
        max_value=3600,
        decimal_places=1,
        required=False,
        help_text=_("Empty: no limit."),
    )
    confidence = forms.ChoiceField(label=_("Confidence"), choices=Protocol.Confidence, initial=Protocol.Confidence.FIVE)
    block_length = forms.IntegerField(
        label=_("A rest after every … faces"), min_value=0, max_value=1000, initial=50, help_text=_("0: no rest.")
    )
    repeats_percent = forms.IntegerField(
        label=_("Faces shown twice (%)"),
        min_value=0,
        max_value=100,
        initial=0,
        help_text=_("5 to 10 tells how steady a reader is; the main analysis leaves repeats out."),
    )
    practice_pass_percent = forms.IntegerField(
        label=_("Pass mark of the practice (%)"), min_value=0, max_value=100, initial=0, help_text=_("0: not marked.")
    )
    washout_days = forms.IntegerField(
        label=_("Days between two readings of the same faces"), min_value=0, max_value=3650, initial=28
    )
    tolerance_ms = forms.IntegerField(
        label=_("Mark a face shown this much off (ms)"), min_value=1, max_value=10_000, initial=100
    )
    incident_policy = forms.ChoiceField(label=_("When a face was interrupted"), choices=Protocol.IncidentPolicy)
    design = forms.ChoiceField(
        label=_("Do readers see what the model says?"),
        choices=[
            (Protocol.Design.UNAIDED, _("Never")),
            (Protocol.Design.SEQUENTIAL, _("After each answer; then they answer once more")),
            (Protocol.Design.CROSSOVER, _("In one of two sessions, in the other not")),
        ],
        initial=Protocol.Design.UNAIDED,
        help_text=_("The published study: never. The main analysis always takes the answers given without it."),
    )
    shows_own_result = forms.BooleanField(
        label=_("Show readers their own result once the study is closed"),
        required=False,
        help_text=_("Each reader sees only their own, beside the model's."),
    )
    parts = forms.IntegerField(
        label=_("Divide the faces into … parts"),
        min_value=1,
        max_value=MOST_PARTS,
        initial=1,
        required=False,
        help_text=_("1: every reader reads all faces (fully crossed). More: each reader reads one part (split-plot)."),
    )
    is_blinded_until_closed = forms.BooleanField(
        label=_("Keep all results closed until the reading is closed"),
        required=False,
        initial=True,
        help_text=_("For investigators and coordinators too. Without it interim results can be seen, and say so."),
    )
    undo = forms.DecimalField(
        label=_("An answer can be taken back for (seconds)"),
        min_value=1,
        max_value=60,
        decimal_places=1,
        required=False,
        help_text=_("Empty: never. It ends when the next face comes; both answers are kept."),
    )
    sides = forms.ChoiceField(
        label=_("The button for “genetic syndrome”"),
        choices=Protocol.Sides,
        initial=Protocol.Sides.GS_RIGHT,
        help_text=_("Half and half keeps the stronger hand out of the result."),
    )
    asks_syndrome = forms.BooleanField(label=_("After “genetic syndrome”, ask which one"), required=False)
    syndromes = forms.CharField(
        label=_("Suggested names, one a line"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_(
            "Empty: a general list of syndromes. Do not list only those of the cohort: readers would know them."
        ),
    )

    SAME_NAME = (
        "design",
        "shows_own_result",
        "is_blinded_until_closed",
        "parts",
        "sides",
        "asks_syndrome",
        "syndromes",
        "call_ends_exposure",
        "confidence",
        "block_length",
        "repeats_percent",
        "practice_pass_percent",
        "washout_days",
        "tolerance_ms",
        "incident_policy",
    )

    def rules(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {name: data[name] for name in self.SAME_NAME} | {
            "exposure_ms": int(data["exposure"] * 1000),
            "answer_window_ms": _milliseconds(data["answer_window"]),
            "undo_ms": _milliseconds(data["undo"]),
        }

    def clean_parts(self) -> int:
        return self.cleaned_data["parts"] or 1

    def clean_syndromes(self) -> str:
        """One name a line, without blank and double ones."""
        names = list(dict.fromkeys(" ".join(line.split()) for line in self.cleaned_data["syndromes"].splitlines()))
        names = [name for name in names if name]
        if len(names) > MOST_NAMES or any(len(name) > LONGEST_NAME for name in names):
            raise forms.ValidationError(
                _("At most %(most)s names, each of at most %(longest)s characters.")
                % {"most": MOST_NAMES, "longest": LONGEST_NAME}
            )
        return "\n".join(names)

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(legend, [self[name] for name in fields]) for legend, fields in RULE_GROUPS.items()]

    @classmethod
    def initial_of(cls, protocol: Protocol) -> dict[str, Any]:
        return {name: getattr(protocol, name) for name in cls.SAME_NAME} | {
            "exposure": f"{protocol.exposure_ms / 1000:g}",
            "answer_window": _seconds(protocol.answer_window_ms),
            "undo": _seconds(protocol.undo_ms),
        }


def _milliseconds(seconds: Decimal | None) -> int | None:
    return None if seconds is None else int(seconds * 1000)


def _seconds(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else f"{milliseconds / 1000:g}"


class WordsForm(forms.Form):
    name = forms.CharField(label=_("Name of the study"), max_length=120)
    description = forms.CharField(
        label=_("What it is about"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Readers see this."),
    )
    consent_text = forms.CharField(label=_("Consent"), initial=texts.CONSENT, widget=forms.Textarea(attrs={"rows": 8}))
    instructions = forms.CharField(
        label=_("Instructions"), initial=texts.INSTRUCTIONS, widget=forms.Textarea(attrs={"rows": 8})
    )

    def words(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("name", "description", "consent_text", "instructions")}


class CasesForm(forms.Form):
    how = forms.ChoiceField(
        label=_("Which faces"),
        choices=[
            ("all", _("All that are ready and have a stated truth")),
            ("sample", _("A random sample that keeps the mix of groups and diagnoses")),
        ],
        initial="all",
    )
    n = forms.IntegerField(label=_("Faces in the sample"), min_value=1, required=False)
    practice = forms.IntegerField(
        label=_("Practice faces, kept apart"),
        min_value=0,
        max_value=100,
        initial=0,
        required=False,
        help_text=_("Drawn first; they are never among the faces to read."),
    )
    diagnoses = forms.MultipleChoiceField(
        label=_("Only these syndromes"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: all. Controls always stay; children whose syndrome is not named are then left out."),
    )
    with_unstated = forms.BooleanField(
        label=_("Also faces without a stated truth: they can be read, not analysed"), required=False
    )

    def offer(self, diagnoses: list[tuple[str, int]]) -> "CasesForm":
        """With the cohort's own diagnoses to choose from; without the field where there is nothing to choose."""
        if len(diagnoses) < 2:
            del self.fields["diagnoses"]
        else:
            self.fields["diagnoses"].choices = [(name, f"{name} ({n})") for name, n in diagnoses]
        return self

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("how") == "sample" and not data.get("n"):
            self.add_error("n", _("Say how many faces the sample should have."))
        return data

    def choice(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "how": data["how"],
            "n": data["n"],
            "practice": data["practice"] or 0,
            "diagnoses": data.get("diagnoses", []),
            "with_unstated": data["with_unstated"],
        }


class TryForm(WordsForm, RulesForm):
    """What a reader meets of a study that is not made yet: no name, no cohort, no choice of faces."""

    practice = forms.IntegerField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["name"]

    def has_practice(self) -> bool:
        return bool(self.cleaned_data["practice"])

    def told(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("description", "consent_text", "instructions")}


class NewStudyForm(WordsForm, RulesForm, CasesForm):
    """Everything on one page. ``how`` may wait for later."""

    cohort = CohortChoice(label=_("Cohort"), queryset=Cohort.objects.none(), empty_label=_("Choose …"))

    def __init__(self, *args: Any, cohorts: QuerySet[Cohort], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ready = Count("photos", filter=Q(photos__is_index=True, photos__status="ready"), distinct=True)
        self.fields["cohort"].queryset = Cohort.objects.filter(pk__in=cohorts.values("pk")).annotate(ready=ready)
        del self.fields["diagnoses"]  # they are the cohort's, which is not chosen yet
        self.fields["how"].choices = [*self.fields["how"].choices, ("later", _("Choose them later"))]

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields as the page lays them out."""
        names = {
            _("The study"): ["name", "cohort", "description"],
            _("The faces"): ["how", "n", "practice", "with_unstated"],
            **RULE_GROUPS,
            _("What readers are told"): ["consent_text", "instructions"],
        }
        return [(legend, [self[name] for name in fields]) for legend, fields in names.items()]

    def clean_name(self) -> str:
        name = self.cleaned_data["name"].strip()
        if Study.objects.filter(name=name).exists():
            raise forms.ValidationError(_("There is a study of this name already."))
        return name


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why does the protocol change?"), max_length=400, help_text=_("Kept with the version.")
    )


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"))
    name = forms.CharField(label=_("Name"), max_length=120, required=False, help_text=_("For the card and the mail."))
    role = forms.ChoiceField(label=_("As"), choices=Invitation.Role)
    seniority = forms.ChoiceField(
        label=_("If a reader"), choices=Reader.Seniority, help_text=_("The reader confirms this on acceptance.")
    )


class AddPersonForm(forms.Form):
    """Somebody who has an account already, by the exact address: the list of all accounts is nobody's business."""

    email = forms.EmailField(label=_("E-mail address of the account"))
    role = forms.ChoiceField(label=_("As"), choices=Invitation.Role)
    seniority = forms.ChoiceField(label=_("If a reader"), choices=Reader.Seniority)


class ReaderProfileForm(forms.Form):
    """What a reader tells about themselves on acceptance."""

    seniority = forms.ChoiceField(label=_("You are a"), choices=Reader.Seniority)
    years_of_experience = forms.IntegerField(
        label=_("Years in paediatrics"), min_value=0, max_value=80, required=False, help_text=_("May stay empty.")
    )
    has_genetics_training = forms.ChoiceField(
        label=_("Have you been trained in clinical genetics?"), choices=GENETICS, required=False
    )

    def profile(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "seniority": data["seniority"],
            "years_of_experience": data["years_of_experience"],
            "has_genetics_training": {"yes": True, "no": False}.get(data["has_genetics_training"]),
        }
