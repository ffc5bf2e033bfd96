"""The API is whole: no warning in its schema, local docs, a twin for whatever a coordinator does in the browser."""

import re

import pytest
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

# What a page of the desk does -> the route of the API that does the same, or why there is none.
TWINS = {
    ":status": ":api_status",
    "studies:studies": "studies_api:studies",
    "studies:new_study": "studies_api:studies",
    "studies:summary": "studies_api:study",  # `sentences`
    "studies:study": "studies_api:study",
    "studies:edit": "studies_api:study",  # PATCH
    "studies:cases": "studies_api:cases",
    "studies:open": "studies_api:open",
    "studies:close": "studies_api:close",
    "studies:reopen": "studies_api:reopen",
    "studies:copy": "studies_api:copy",
    "studies:people": "studies_api:invitations",
    "studies:add_person": "studies_api:members",
    "studies:remove_member": "studies_api:remove_member",
    "studies:invite_many": "studies_api:invite_many",
    "studies:card": "studies_api:invitations",  # the link comes with the invitation
    "studies:cards": "studies_api:invite_many",
    "studies:renew": "studies_api:renew",
    "studies:revoke": "studies_api:revoke",
    "studies:withdraw_reader": "studies_api:withdraw_reader",
    "studies:anonymise_reader": "studies_api:anonymise_reader",
    "studies:protocol": "studies_api:protocols",  # on paper; `sentences` of the study are the same words
    "studies:replace_reader": "studies_api:replace_reader",
    "studies:remind": "studies_api:remind",
    "studies:monitor": "studies_api:monitor",
    "studies:incidents": "studies_api:incidents",
    "studies:audit": "studies_api:audit",
    "studies:check_audit": "studies_api:check_audit",
    "studies:export_audit": "studies_api:export_audit",
    "studies:cohort_list": "studies_api:cohorts",
    "studies:cohort_new": "studies_api:cohorts",
    "studies:cohort": "studies_api:cohort",
    "studies:cohort_progress": "studies_api:cohort",
    "studies:cohort_manifest": "studies_api:subjects",
    "studies:cohort_import": "studies_api:imports",
    "studies:import_report": "studies_api:import",
    "studies:import_state": "studies_api:import",
    "studies:import_csv": "studies_api:import_lines",
    "studies:import_confirm": "studies_api:import_confirm",
    "studies:import_discard": "studies_api:import_discard",
    "studies:packets": "studies_api:packets",
    "studies:packets_zip": "studies_api:packets",
    "studies:likeness": "studies_api:likeness",
    "studies:likeness_decide": "studies_api:likeness",
    "studies:face_views": "studies_api:face_views",
    "studies:face_views_csv": "studies_api:face_views",
    "studies:review": "studies_api:photos",  # ?status=review
    "studies:photo": "studies_api:photo",
    "studies:photo_file": "studies_api:photo_file",
    "studies:photo_accept": "studies_api:photo_accept",
    "studies:photo_refuse": "studies_api:photo_refuse",
    "studies:photo_index": "studies_api:photo_index",
    "studies:photo_instead": "studies_api:photo_instead",
    "studies:photo_landmarks": "studies_api:photo_landmarks",
    "studies:subject": "studies_api:subject",
    "studies:subject_facts": "studies_api:subject_facts",
    "studies:withdraw": "studies_api:withdraw",
    "reading:trials": "reading_api:trials",
    "reading:void": "reading_api:void",
    "screening:cohort_table": "screening_api:cohort_table",
    "screening:cohort_table_csv": "screening_api:cohort_table",
    "screening:cohort_matches": "screening_api:cohort_matches",
    "screening:cohort_matches_csv": "screening_api:cohort_matches",
    "screening:files": "screening_api:files",
    "screening:file": "screening_api:file",
}
WITHOUT = {
    "studies:manifest_template": "an example to open in a spreadsheet",
    "studies:invitation": "a person reads the page and chooses a password",
}


def named(patterns, space: str = "") -> dict[str, str]:
    """``namespace:name`` -> route of every door below ``patterns``."""
    found: dict[str, str] = {}
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found |= named(pattern.url_patterns, pattern.namespace or space)
        elif isinstance(pattern, URLPattern) and pattern.name:
            found[f"{space}:{pattern.name}"] = str(pattern.pattern)
    return found


def test_whatever_a_coordinator_does_in_the_browser_a_script_can_do():
    doors = named(get_resolver().url_patterns)
    of_the_desk = {name for name in doors if name.startswith("studies:")}
    assert of_the_desk <= TWINS.keys() | WITHOUT.keys()
    assert {page for page in TWINS if page not in doors} == set()
    assert {twin for twin in TWINS.values() if twin not in doors} == set()


def test_the_schema_has_no_warning(tmp_path):
    file = tmp_path / "schema.yml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(file))
    text = file.read_text()
    assert "tokenAuth" in text
    routes = {route for name, route in named(get_resolver().url_patterns).items() if "_api:" in name}
    described = {re.sub(r"{\w+}", "*", line.strip().strip(":'")) for line in text.splitlines() if "/api/v1/" in line}
    missing = {route for route in routes if "/api/v1/" + re.sub(r"<[^>]+>", "*", route) not in described}
    assert missing == set()


def test_the_docs_are_served_from_here(client, db, coordinator):
    client.force_login(coordinator)
    page = client.get("/api/v1/docs/").content.decode()
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert sources
    assert [source for source in sources if "//" in source] == []


@pytest.mark.django_db
def test_the_anonymous_are_told_to_bring_a_key(client):
    answer = client.get("/api/v1/studies/")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Token")
