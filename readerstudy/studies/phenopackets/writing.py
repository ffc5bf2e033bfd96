"""One packet a subject, in a ZIP of JSON files."""

import re
import zipfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

from django.utils import timezone

from readerstudy import __version__
from readerstudy.studies.models import Cohort, Subject

if TYPE_CHECKING:
    from phenopackets.schema.v2 import Phenopacket

SCHEMA = "2.0"
DAYS_A_MONTH = 30.4375  # 365.25 / 12
# Term of a child whose diagnosis has no code here, and of what a control does not have.
ANY_SYNDROME = ("LOCAL:genetic-syndrome", "genetic syndrome")
# prefix: id, name, url, prefix of an IRI. Which release a hospital's codes come from is not known here.
RESOURCES = {
    "ORPHA": (
        "ordo",
        "Orphanet rare disease nomenclature",
        "https://www.orphadata.com",
        "http://www.orpha.net/ORDO/Orphanet_",
    ),
    "OMIM": ("omim", "Online Mendelian Inheritance in Man", "https://www.omim.org", "https://www.omim.org/entry/"),
    "NCBITaxon": (
        "ncbitaxon",
        "NCBI organismal taxonomy",
        "http://purl.obolibrary.org/obo/ncbitaxon.owl",
        "http://purl.obolibrary.org/obo/NCBITaxon_",
    ),
    "LOCAL": ("local", "Diagnoses in the words of this cohort, without a code", "urn:local", "urn:local:"),
}


def subjects_of(cohort: Cohort) -> Iterator[Subject]:
    """Those whose consent stands, by code."""
    standing = Subject.objects.filter(cohort=cohort, consent_withdrawn_at__isnull=True).order_by("code")
    return standing.iterator(chunk_size=1000)


def write_zip(cohort: Cohort, out: IO[bytes]) -> int:
    """Write the packets of ``cohort`` into ``out``, one JSON file a subject; how many there are."""
    from google.protobuf.json_format import MessageToJson

    n = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for subject in subjects_of(cohort):
            n += 1
            packed.writestr(f"{subject.code}.json", MessageToJson(packet_of(subject), indent=1, ensure_ascii=False))
    return n


def packet_of(subject: Subject) -> "Phenopacket":
    """The subject as a message."""
    from phenopackets.schema.v2 import Phenopacket

    packet = Phenopacket(id=f"cohort-{subject.cohort_id}.{subject.code}")
    _individual(packet, subject)
    codes = _codes(subject)
    if subject.has_syndrome is not None:
        disease = packet.diseases.add(excluded=not subject.has_syndrome)
        disease.term.id, disease.term.label = codes[0], subject.diagnosis or ANY_SYNDROME[1]
    _meta(packet, codes)
    return packet


def _individual(packet: "Phenopacket", subject: Subject) -> None:
    from phenopackets.schema.v2 import Sex

    sexes = {Subject.Sex.FEMALE: Sex.FEMALE, Subject.Sex.MALE: Sex.MALE}
    individual = packet.subject
    individual.id = subject.code
    individual.sex = sexes.get(subject.sex, Sex.UNKNOWN_SEX)
    individual.taxonomy.id, individual.taxonomy.label = "NCBITaxon:9606", "Homo sapiens"
    if subject.age_months is not None:
        individual.time_at_last_encounter.age.iso8601duration = duration_of(subject.age_months)


def _codes(subject: Subject) -> list[str]:
    """The diagnosis' codes, the one to be written as the term first; never empty."""
    if known := [code for code in (subject.orpha, subject.omim) if code]:
        return known
    name = re.sub(r"[^a-z0-9]+", "-", subject.diagnosis.lower()).strip("-")
    return [f"LOCAL:{name}" if name else ANY_SYNDROME[0]]


def _meta(packet: "Phenopacket", codes: list[str]) -> None:
    meta = packet.meta_data
    meta.created.FromDatetime(timezone.now())
    meta.created_by = f"readerstudy {__version__}"
    meta.phenopacket_schema_version = SCHEMA
    used = {code.partition(":")[0] for code in codes if packet.diseases} | {"NCBITaxon"}
    for prefix in sorted(used):
        key, name, url, iri = RESOURCES[prefix]
        meta.resources.add(id=key, name=name, url=url, version="unspecified", namespace_prefix=prefix, iri_prefix=iri)
    for code in codes[1:] if packet.diseases else ():
        meta.external_references.add(id=code, description="the same diagnosis in another nomenclature")


def duration_of(months: float) -> str:
    """ISO 8601, to the day.

    >>> duration_of(30.5), duration_of(0), duration_of(24)
    ('P2Y6M15D', 'P0D', 'P2Y')
    """
    whole = int(months)
    days = round((months - whole) * DAYS_A_MONTH)
    parts = ((whole // 12, "Y"), (whole % 12, "M"), (days, "D"))
    return "P" + ("".join(f"{n}{unit}" for n, unit in parts if n) or "0D")
