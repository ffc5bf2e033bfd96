"""Making a comparison. Nothing here computes: rows in, statistics asked, one row written."""

import hashlib
import json
from typing import Any

import numpy as np
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from readerstudy import __version__
from readerstudy.accounts.models import User
from readerstudy.audit import services as audit
from readerstudy.refusal import Refused
from readerstudy.studies.models import Cohort, Protocol, Study
from readerstudy.studies.selectors.blinding import refuse_while_blinded, unblinding_of
from screening import tables
from screening.analysis.compose import FORMAT_VERSION, compose
from screening.analysis.options import Options
from screening.analysis.progress import Tell, silent
from screening.imports.facts import imported_facts
from screening.models import Comparison
from screening.recorded import with_recorded
from screening.tables import Table
from screening.worded import as_stored
from training import kinds, selectors
from training.models import Kind, State, TrainingRun


def compare(*, study: Study, run: TrainingRun, options: Options, by: User, tell: Tell = silent) -> Comparison:
    """Hold the readers of ``study`` against the held-out scores of ``run``.

    The same inputs and options return the stored comparison; a stored one is never changed. ``tell`` hears how far
    the work is and may stop it by raising.

    Raises
    ------
    Refused
        When there is nothing sound to compare; the message says what to do.
    """
    refuse_while_blinded(study)
    refuse_unfit(study, run)
    tell(0.0, "Reading the calls")
    with as_stored():
        table = with_recorded(tables.read(study=study, run=run), study=study)
        facts = {"study": study_facts(study), "run": run_facts(run)}
    _refuse_table(table.without_flagged() if options.without_flagged else table)
    fingerprint = fingerprint_of(table, options=options, facts=facts)
    if stored := Comparison.objects.filter(study=study, run=run, fingerprint=fingerprint).first():
        return stored
    with as_stored():
        result = compose(table, options=options, tell=tell, **facts)
    tell(0.95, "Storing the result")
    return _store(study=study, run=run, fingerprint=fingerprint, options=options, result=result, by=by)


def _store(*, by: User, options: Options, **row: Any) -> Comparison:
    try:
        with transaction.atomic():
            made = Comparison.objects.create(**row, options=options.to_dict(), created_by=by)
            audit.record(
                "comparison.made",
                actor=by,
                target=f"study:{made.study_id}",
                comparison=made.pk,
                run=made.run_id,
                fingerprint=made.fingerprint,
            )
            return made
    except IntegrityError:  # somebody else made the same one in this moment
        return Comparison.objects.get(study=row["study"], run=row["run"], fingerprint=row["fingerprint"])


def fingerprint_of(table: Table, *, options: Options, facts: dict[str, Any]) -> str:
    """SHA-256 (hex) over data, options, protocol, run and program version."""
    source = [FORMAT_VERSION, __version__, table.fingerprint, options.to_dict(), facts]
    return hashlib.sha256(json.dumps(source, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def study_facts(study: Study) -> dict[str, Any]:
    """What a comparison has to say about its study, plain."""
    protocol = Protocol.objects.filter(study=study).order_by("-version").first()
    facts = {
        "id": study.pk,
        "name": study.name,
        "status": study.status,
        "cohort": study.cohort.name,
        "cohort_kind": study.cohort.get_kind_display(),
        "is_phantom": study.cohort.kind == Cohort.Kind.PHANTOM,
        "opened_at": study.opened_at and study.opened_at.isoformat(),
        "closed_at": study.closed_at and study.closed_at.isoformat(),
        "protocol_version": protocol.version if protocol else None,
        "protocol_digest": protocol.digest if protocol else "",
        "exposure_ms": protocol.exposure_ms if protocol else None,
        "confidence": protocol.confidence if protocol else "",
        **_looks_before_the_end(study, protocol),
    }
    return facts | imported_facts(study)


def _looks_before_the_end(study: Study, protocol: Protocol | None) -> dict[str, Any]:
    """Whether results could be seen while readers still read. Empty where not: older fingerprints stay the same."""
    early = unblinding_of(study)
    facts = {
        "is_interim_allowed": bool(protocol and not protocol.is_blinded_until_closed),
        "unblinded": early and {"at": early.at.isoformat(), "reason": early.reason},
        "reopened_at": study.reopened_at and study.reopened_at.isoformat(),
    }
    return {name: value for name, value in facts.items() if value}


def run_facts(run: TrainingRun) -> dict[str, Any]:
    """The same for the run."""
    return {
        "id": run.pk,
        "name": run.name,
        "seed": run.seed,
        "network": selectors.network_of(run).rstrip(".") + ".",
        "is_papers_network": selectors.has_papers_network(run),
        "recipe": [list(choice) for choice in selectors.described(run)] if kinds.readable(run) else [],
        "weights_name": run.weights_name,
        "weights_sha256": run.weights_sha256,
        **({} if run.kind == Kind.NETWORK else {"kind": run.kind}),
        "finished_at": run.finished_at and run.finished_at.isoformat(),
        "versions": run.versions,
    }


def refuse_unfit(study: Study, run: TrainingRun) -> None:
    """What can be told before a single call is read."""
    if run.cohort_id != study.cohort_id:
        words = _("The run “%(run)s” was trained on another cohort: choose a run on %(cohort)s.")
        raise Refused(words % {"run": run.name, "cohort": study.cohort.name})
    if run.state != State.FINISHED:
        words = _(
            "The run “%(run)s” is not finished (%(state)s): only the scores of a finished run, in which every photo "
            "was held out once, can be compared."
        )
        raise Refused(words % {"run": run.name, "state": run.get_state_display()}, status=409)


def _refuse_table(table: Table) -> None:
    if not len(table.truth):
        raise Refused(_("The study has no cases: the coordinator chooses them before opening it."))
    lacks_score = _(
        "%(n)s of %(all)s cases have no held-out score in this run (case %(cases)s): train a run on the cohort as it "
        "is now."
    )
    lacks_threshold = _(
        "%(n)s of %(all)s cases have no threshold of its fold in this run (case %(cases)s): train a run on the cohort "
        "as it is now."
    )
    for column, words in ((table.score, lacks_score), (table.threshold, lacks_threshold)):
        lacking = table.number[np.isnan(column)]
        if lacking.size:
            told = {"n": lacking.size, "all": len(table.truth), "cases": _some(lacking)}
            raise Refused(words % told, status=409)
    if min(table.truth.sum(), (~table.truth).sum()) < 2:
        raise Refused(_("A ROC curve needs at least two cases with and two without a syndrome; this study has fewer."))
    if np.isnan(table.calls).all():
        raise Refused(_("No reader has called a case yet: a comparison can be made after the first reads."), status=409)


def _some(numbers: Any) -> str:
    shown = ", ".join(str(number) for number in numbers[:5])
    if numbers.size <= 5:
        return shown
    return _("%(shown)s and %(n)s more") % {"shown": shown, "n": numbers.size - 5}
