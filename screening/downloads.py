"""The files of a study for statisticians: which there are, and each made piece by piece. Every fetch is audited."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies.models import Study
from readerstudy.studies.selectors.blinding import refuse_while_blinded
from screening import tables
from screening.exports import formats, mrmc, redcap
from screening.exports.columns import DICTIONARY_HEADER, columns_of, dictionary_rows
from screening.exports.reads import rows_of
from training.models import TrainingRun

Pieces = Iterator[bytes]
Make = Callable[[Study, TrainingRun | None], Pieces]
CSV = "text/csv; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class Download:
    """One file. ``make`` refuses before the first piece if the study has nothing for it."""

    name: str
    title: str | Promise
    what: str | Promise
    kind: str  # media type
    has_model: bool = False  # the run that is chosen adds columns
    make: Make


def _reads(study: Study, run: TrainingRun | None) -> Iterator[list[object]]:
    return rows_of(tables.every_read(study=study, run=run), run=run and run.pk)


def _reads_csv(study: Study, run: TrainingRun | None) -> Pieces:
    columns = columns_of(with_model=run is not None)
    return formats.csv_pieces([column.name for column in columns], _reads(study, run))


def _reads_json(study: Study, run: TrainingRun | None) -> Pieces:
    return formats.json_pieces(columns_of(with_model=run is not None), _reads(study, run))


def _reads_parquet(study: Study, run: TrainingRun | None) -> Pieces:
    return formats.parquet_pieces(columns_of(with_model=run is not None), _reads(study, run))


def _dictionary(study: Study, run: TrainingRun | None) -> Pieces:
    return formats.csv_pieces(DICTIONARY_HEADER, dictionary_rows(columns_of(with_model=True)))


def _redcap(study: Study, run: TrainingRun | None) -> Pieces:
    columns = columns_of(with_model=run is not None)
    return formats.csv_pieces(redcap.header(columns), redcap.records(_reads(study, run)), mark=False)


def _redcap_dictionary(study: Study, run: TrainingRun | None) -> Pieces:
    columns = columns_of(with_model=run is not None)
    return formats.csv_pieces(redcap.DICTIONARY_HEADER, redcap.dictionary(columns), mark=False)


def _ratings(study: Study) -> mrmc.Ratings:
    stages = (tables.UNAIDED, tables.AIDED)
    ratings = mrmc.ratings_of({stage: tables.read(study=study, run=None, stage=stage) for stage in stages})
    if not ratings.readers:
        raise Refused(
            _(
                "No reader has called a case yet of each group, as these packages need: there is nothing to put into "
                "this file."
            ),
            status=409,
        )
    return ratings


def _imrmc(study: Study, run: TrainingRun | None) -> Pieces:
    return mrmc.imrmc_lines(_ratings(study), title=study.name)


def _mrmcaov(study: Study, run: TrainingRun | None) -> Pieces:
    return formats.csv_pieces(mrmc.LONG_HEADER, mrmc.long_rows(_ratings(study)), mark=False)


def _rjafroc(study: Study, run: TrainingRun | None) -> Pieces:
    ratings = _ratings(study)
    whole = mrmc.rectangle(ratings)
    if not whole.truth.any() or whole.truth.all():
        if study.cases.exclude(part=None).exists():
            raise Refused(
                _(
                    "RJafroc's factorial workbook needs cases that every reader has called; in this study each reader "
                    "was dealt one part of them (split-plot). The files for iMRMC and MRMCaov take such a study."
                ),
                status=409,
            )
        words = _(
            "RJafroc needs cases of both groups that all %(readers)d readers have called (%(modalities)s); there are "
            "none yet. The files for iMRMC and MRMCaov take readings with gaps."
        )
        modalities = _(" and ").join(map(_, ratings.modalities))
        raise Refused(words % {"readers": len(ratings.readers), "modalities": modalities}, status=409)
    return mrmc.rjafroc_workbook(whole)


SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
READS = gettext_lazy("one row a case, reader and stage, with trials that were never answered")
DOWNLOADS = {
    download.name: download
    for download in (
        Download(
            name="reads.csv",
            title=gettext_lazy("Every read, CSV"),
            kind=CSV,
            what=READS,
            has_model=True,
            make=_reads_csv,
        ),
        Download(
            name="reads.parquet",
            title=gettext_lazy("Every read, Parquet"),
            kind="application/vnd.apache.parquet",
            what=gettext_lazy("the same with typed columns, for R (arrow), Python (pandas, polars) and DuckDB"),
            has_model=True,
            make=_reads_parquet,
        ),
        Download(
            name="reads.jsonl",
            title=gettext_lazy("Every read, JSON Lines"),
            kind="application/x-ndjson",
            what=gettext_lazy("the same, one JSON object a line"),
            has_model=True,
            make=_reads_json,
        ),
        Download(
            name="dictionary.csv",
            title=gettext_lazy("Data dictionary"),
            kind=CSV,
            what=gettext_lazy("what each column of these files means"),
            make=_dictionary,
        ),
        Download(
            name="study.imrmc",
            title="iMRMC",
            kind="text/plain; charset=utf-8",
            what=gettext_lazy(
                "list format of the FDA's iMRMC (Java and R): the primary reads, gaps allowed; readers as in a "
                "comparison, those who withdrew named in the first line"
            ),
            make=_imrmc,
        ),
        Download(
            name="mrmcaov.csv",
            title="MRMCaov",
            kind=CSV,
            what=gettext_lazy(
                "long table for R: mrmc(empirical_auc(truth, rating), test, reader, case, data); readers as in a "
                "comparison, withdrawn = 1 marks those who withdrew"
            ),
            make=_mrmcaov,
        ),
        Download(
            name="rjafroc.xlsx",
            title="RJafroc",
            kind=SPREADSHEET,
            what=gettext_lazy(
                "workbook for R: DfReadDataFile(file, newExcelFileFormat = TRUE); the cases that every reader called"
            ),
            make=_rjafroc,
        ),
        Download(
            name="redcap.csv",
            title=gettext_lazy("REDCap records"),
            kind=CSV,
            what=gettext_lazy("every read as a record of one instrument"),
            has_model=True,
            make=_redcap,
        ),
        Download(
            name="redcap-dictionary.csv",
            title=gettext_lazy("REDCap data dictionary"),
            kind=CSV,
            what=gettext_lazy("to upload into the REDCap project before the records"),
            has_model=True,
            make=_redcap_dictionary,
        ),
    )
}


def fetch(*, download: Download, study: Study, run: TrainingRun | None, by: User) -> Pieces:
    """The pieces of the file. The fetch is written to the audit trail before the first of them leaves.

    Raises
    ------
    Refused
        While results wait, when the study has nothing for this file, or when the run belongs to another cohort.
    """
    refuse_while_blinded(study)
    if run is not None and run.cohort_id != study.cohort_id:
        words = _("The run “%(run)s” was trained on another cohort: choose a run on %(cohort)s.")
        raise Refused(words % {"run": run.name, "cohort": study.cohort.name})
    pieces = download.make(study, run if download.has_model else None)
    record(
        "study.exported",
        actor=by,
        target=f"study:{study.pk}",
        file=download.name,
        run=run.pk if run and download.has_model else None,
        status=study.status,
    )
    return pieces
