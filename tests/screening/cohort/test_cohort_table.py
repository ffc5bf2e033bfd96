"""Table 1 of a cohort: right numbers, the right test, and something sensible where there is nothing to test."""

import csv
import io

import numpy as np
import pytest
from scipy import stats

from readerstudy.audit.models import AuditEvent
from readerstudy.studies.models import Membership, Reader, Subject
from screening.analysis.cohort_table import CSV_HEADER, Fact, cohort_table, csv_rows
from screening.cohort_table import table_one_of


def fact(truth: bool, sex: str = "F", age: float | None = 12.0, **more: str) -> Fact:
    told = {"diagnosis": "", "orpha": "", "omim": "", "confirmation": ""} | more
    return Fact(has_syndrome=truth, sex=sex, age_months=age, **told)


AGES = {True: [12, 30.5, 41, 6, 99], False: [14, 33, 40.25, 8, 70, 120]}
SAMPLE = [fact(truth, "FM"[i % 2], age) for truth, ages in AGES.items() for i, age in enumerate(ages)]


def test_the_papers_table_1_gives_its_own_counts_and_the_recomputed_p_value():
    sexes = {True: (125, 103), False: (119, 109)}  # Hong et al. 2021, Table 1: girls and boys
    facts = [fact(t, sex) for t, counts in sexes.items() for sex, n in zip("FM", counts, strict=True) for _ in range(n)]
    table = cohort_table(facts)
    assert [(g["n"], g["girls"], g["boys"]) for g in table["groups"]] == [(228, 125, 103), (228, 119, 109)]
    assert table["sex_test"]["test"].startswith("Pearson")
    assert (round(table["sex_test"]["p_value"], 3), table["sex_test"]["df"]) == (0.573, 1)
    assert table["age_tests"] == []  # everybody is twelve months old


def test_ages_are_described_and_tested_as_scipy_does():
    gs, controls = (np.array(AGES[truth], dtype=float) for truth in (True, False))
    table = cohort_table(SAMPLE)
    assert table["groups"][0]["age_mean"] == pytest.approx(gs.mean())
    assert table["groups"][0]["age_sd"] == pytest.approx(gs.std(ddof=1))
    assert [table["groups"][1][name] for name in ("age_median", "age_min", "age_max")] == [36.625, 8, 120]
    welch, ranks = table["age_tests"]
    theirs = stats.ttest_ind(gs, controls, equal_var=False)
    assert (welch["statistic"], welch["df"], welch["p_value"]) == pytest.approx(
        (theirs.statistic, theirs.df, theirs.pvalue)
    )
    assert ranks["p_value"] == pytest.approx(stats.mannwhitneyu(gs, controls, method="asymptotic").pvalue)


def test_an_odds_ratio_that_is_not_finite_is_left_empty():
    facts = [fact(True, "F"), fact(True, "F"), fact(False, "M"), fact(False, "M")]
    assert cohort_table(facts)["sex_test"]["statistic"] is None


def test_small_counts_get_the_exact_test():
    table = cohort_table(SAMPLE)
    assert table["sex_test"]["test"].startswith("Fisher")
    assert table["sex_test"]["df"] is None
    assert table["sex_test"]["p_value"] == pytest.approx(stats.fisher_exact([[3, 2], [3, 3]]).pvalue)


@pytest.mark.parametrize(
    "facts",
    [[], [fact(True)], [fact(True), fact(False)], [fact(False, "", None)] * 3, [fact(True, "M", 3.0)] * 4],
)
def test_nothing_to_test_is_no_error(facts):
    table = cohort_table(facts)
    assert (table["sex_test"], table["age_tests"]) == (None, [])
    assert all(len(row) == len(CSV_HEADER) for row in csv_rows(table))


def test_syndromes_are_counted_with_their_codes_most_frequent_first():
    facts = [fact(True, diagnosis="Noonan syndrome", orpha="ORPHA:648")] * 2
    facts += [fact(True, diagnosis="Noonan syndrome"), fact(True, diagnosis="Down syndrome"), fact(False)]
    noonan, down = cohort_table(facts)["diagnoses"]
    assert (noonan["name"], noonan["n"], noonan["share"], noonan["orpha"]) == ("Noonan syndrome", 3, 0.75, "ORPHA:648")
    assert (down["n"], down["orpha"]) == (1, "")


@pytest.mark.django_db
def test_withdrawn_consent_and_unstated_truth_are_left_out_and_counted(study):
    from django.utils import timezone

    subjects = Subject.objects.filter(cohort=study.cohort).order_by("id")
    subjects.filter(pk=subjects[0].pk).update(consent_withdrawn_at=timezone.now())
    subjects.filter(pk=subjects[1].pk).update(has_syndrome=None, diagnosis="")
    table = table_one_of(study.cohort)
    assert [group["n"] for group in table["groups"]] == [5, 5]
    assert (table["withdrawn"], table["unstated"]) == (1, 1)


EXPECTED = {"coordinator": 200, "investigator": 200, "reader": 403, "stranger": 404, "neighbour": 404}
DOORS = [
    "/analysis/cohorts/{}/table-1/",
    "/analysis/cohorts/{}/table-1.csv",
    "/analysis/cohorts/{}/matches/",
    "/analysis/cohorts/{}/matches.csv",
    "/api/v1/cohorts/{}/table-1/",
    "/api/v1/cohorts/{}/matches/",
]


@pytest.fixture
def cast(study, neighbour, coordinator, investigator, reader_user, stranger):
    return {
        "coordinator": coordinator,
        "investigator": investigator,
        "reader": reader_user,
        "stranger": stranger,
        "neighbour": neighbour.memberships.get(role="coordinator").user,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("door", DOORS)
def test_the_doors_open_for_coordinators_and_investigators_only(client, study, cast, door):
    path = door.format(study.cohort_id)
    assert client.get(path).status_code in (302, 401, 403)
    for who, user in cast.items():
        client.force_login(user)
        assert client.get(path).status_code == EXPECTED[who], (who, path)


@pytest.mark.django_db
def test_only_coordinators_make_a_study_of_the_pairs(client, study, cast):
    Subject.objects.update(sex="F")
    page, api = f"/analysis/cohorts/{study.cohort_id}/matches/", f"/api/v1/cohorts/{study.cohort_id}/matches/"
    for who, user in cast.items():
        client.force_login(user)
        given = {"name": f"Matched by {who}", "caliper": 24}
        expected = {"coordinator": (302, 201), "investigator": (403, 403)}.get(who, (EXPECTED[who],) * 2)
        made = (
            client.post(page, given).status_code,
            client.post(api, given | {"name": f"By script of {who}"}, content_type="application/json").status_code,
        )
        assert made == expected, who


@pytest.mark.django_db
def test_a_reader_s_own_membership_elsewhere_opens_nothing_here(client, study, neighbour, reader_user):
    Membership.objects.create(study=neighbour, user=reader_user, role="coordinator")
    assert Reader.objects.filter(study=study, user=reader_user).exists()
    client.force_login(reader_user)
    assert client.get(f"/analysis/cohorts/{study.cohort_id}/table-1/").status_code == 403


@pytest.mark.django_db
def test_the_page_names_the_tests_and_the_csv_holds_the_same(client, study, coordinator):
    client.force_login(coordinator)
    page = client.get(f"/analysis/cohorts/{study.cohort_id}/table-1/").content.decode()
    assert "Welch" in page
    assert "Mann-Whitney" in page
    data = client.get(f"/analysis/cohorts/{study.cohort_id}/table-1.csv").content.decode("utf-8-sig")
    rows = {row["row"]: row for row in csv.DictReader(io.StringIO(data))}
    assert (rows["Subjects"]["gs"], rows["Noonan"]["gs"]) == ("6", "6")
    mean = rows["Age in months, mean"]
    assert (float(mean["gs"]), float(mean["controls"])) == (17.0, 18.0)
    assert float(mean["df"]) == pytest.approx(10)
    assert AuditEvent.objects.filter(action="cohort.exported", target=f"cohort:{study.cohort_id}").count() == 1


@pytest.mark.django_db
def test_an_empty_cohort_has_a_page_too(client, coordinator):
    from readerstudy.studies.models import Cohort

    empty = Cohort.objects.create(name="Empty", created_by=coordinator)
    client.force_login(coordinator)
    for door in DOORS:
        assert client.get(door.format(empty.pk)).status_code == 200, door
