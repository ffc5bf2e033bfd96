"""A small site with something on every page, and the list of its pages: for tests that walk all of them."""

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.files.base import ContentFile
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from PIL import Image

from readerstudy.reading.selectors import consent_version
from readerstudy.reading.services import record_consent, record_device
from readerstudy.studies.models import ImportBatch, ImportLine, Protocol, Reader, Study
from readerstudy.studies.services.invitations import invite
from screening.analysis.options import Options
from screening.services import compare
from tests.browser.reading_desk import give_faces
from tests.screening.app.paperlike import read_all
from training.engine.recipe import PRESETS
from training.models import NewPhoto, State, TrainingRun
from training.search.create import create_search
from training.search.grid import read_axes
from training.services import create_run, prepare_run
from training.weights import files_of

Row = tuple[str, str]
GRID = [("learning_rate", ["0.001", "0.003"]), ("head", ["gap", "paper"])]


def pages(world: dict[str, Any]) -> dict[str, list[Row]]:
    """By the name of its address, who opens each page and where: one row for every state worth looking at."""
    study, draft, cohort, run = (world[name].pk for name in ("study", "draft", "cohort", "run"))
    photo, subject = world["photo"].pk, world["photo"].subject_id
    first, other = world["comparison"].pk, world["other"].pk
    comparison = f"/analysis/{study}/{world['comparison'].pk}/"
    return {
        "accounts:sign_in": [("", "/accounts/sign-in/")],
        "accounts:profile": [("reader", "/accounts/profile/")],
        "accounts:password": [("reader", "/accounts/password/")],
        "accounts:password_reset": [("", "/accounts/password/forgotten/")],
        "accounts:password_reset_done": [("", "/accounts/password/forgotten/sent/")],
        "accounts:password_reset_confirm": [("", world["reset"]), ("", "/accounts/password/new/x/y-z/")],
        "accounts:demo": [("", "/accounts/demo/")],
        "account_signup": [("", "/accounts/join/")],
        "account_reauthenticate": [("reader", "/accounts/again/")],
        "home": [("stranger", "/")],
        "handbook:index": [("", "/docs/")],
        "handbook:page": [("", "/docs/operating/"), ("investigator", "/docs/statistics/")],
        "handbook:search": [("", "/docs/search/?q=backup")],
        "help": [(role, f"/help/{role}/") for role in ("coordinator", "investigator", "reader")],
        "studies:studies": [("coordinator", "/studies/")],
        "studies:new_study": [("coordinator", "/studies/new/")],
        "studies:study": [("coordinator", f"/studies/{study}/"), ("coordinator", f"/studies/{draft}/")],
        "studies:protocol": [("coordinator", f"/studies/{study}/protocol/")],
        "studies:edit": [("coordinator", f"/studies/{draft}/edit/"), ("coordinator", f"/studies/{study}/edit/")],
        "studies:cases": [("coordinator", f"/studies/{draft}/cases/"), ("coordinator", f"/studies/{study}/cases/")],
        "studies:people": [("coordinator", f"/studies/{study}/people/")],
        "studies:invite_many": [("coordinator", f"/studies/{study}/people/list/")],
        "studies:cards": [("coordinator", f"/studies/{study}/people/cards/")],
        "studies:card": [("coordinator", f"/studies/{study}/people/invitations/{world['invitation'].pk}/")],
        "studies:invitation": [("", f"/invitations/{world['token']}/"), ("", "/invitations/unknown/")],
        "studies:monitor": [("coordinator", f"/studies/{study}/monitor/")],
        "studies:incidents": [("coordinator", f"/studies/{study}/incidents/")],
        "studies:audit": [("coordinator", f"/studies/{study}/audit/")],
        "status": [("coordinator", "/status/")],
        "studies:cohort_list": [("coordinator", "/cohorts/")],
        "studies:cohort_new": [("coordinator", "/cohorts/new/")],
        "studies:cohort": [("coordinator", f"/cohorts/{cohort}/"), ("investigator", f"/cohorts/{cohort}/")],
        "studies:cohort_import": [("coordinator", f"/cohorts/{cohort}/import/")],
        "studies:import_report": [("coordinator", f"/cohorts/{cohort}/imports/{pk}/") for pk in world["imports"]],
        "studies:packets": [("coordinator", f"/cohorts/{cohort}/phenopackets/")],
        "studies:likeness": [("coordinator", f"/cohorts/{cohort}/likeness/")],
        "studies:face_views": [("coordinator", f"/cohorts/{cohort}/views/")],
        "studies:review": [("coordinator", f"/cohorts/{cohort}/review/")],
        "studies:photo": [("coordinator", f"/cohorts/{cohort}/photos/{photo}/")],
        "studies:photo_landmarks": [("coordinator", f"/cohorts/{cohort}/photos/{photo}/landmarks/")],
        "studies:subject": [("coordinator", f"/cohorts/{cohort}/subjects/{subject}/")],
        "reading:studies": [("reader", "/read/")],
        "reading:study": [("invited", f"/read/{study}/"), ("consented", f"/read/{study}/")],
        "reading:session": [("ready", f"/read/{study}/session/")],
        "reading:done": [("reader", f"/read/{study}/done/")],
        "reading:trials": [("coordinator", f"/studies/{study}/readers/{world['first'].pk}/trials/")],
        "training:list": [("investigator", "/training/")],
        "training:new": [("investigator", "/training/new/")],
        "training:preview": [("investigator", "/training/preview/")],
        "training:searches": [("investigator", "/training/searches/")],
        "training:new_search": [("investigator", "/training/searches/new/")],
        "training:search": [("investigator", f"/training/searches/{world['search'].pk}/")],
        "training:run": [("investigator", f"/training/{run}/"), ("investigator", f"/training/{world['live'].pk}/")],
        "training:card": [("investigator", f"/training/{run}/card/")],
        "training:faces": [("investigator", f"/training/{run}/faces/")],
        "screening:index": [("investigator", "/analysis/")],
        "screening:runs": [("investigator", f"/analysis/runs/?run={run}&run={world['second'].pk}")],
        "screening:cohort_table": [("investigator", f"/analysis/cohorts/{cohort}/table-1/")],
        "screening:cohort_matches": [("investigator", f"/analysis/cohorts/{cohort}/matches/")],
        "screening:study": [("investigator", f"/analysis/{study}/")],
        "screening:unblind": [("investigator", f"/analysis/{world['waiting'].pk}/unblind/")],
        "screening:aids": [("investigator", f"/analysis/{study}/aids/")],
        "screening:mine": [("told", f"/analysis/{world['closed'].pk}/mine/")],
        "screening:files": [("investigator", f"/analysis/{study}/files/")],
        "screening:links": [("investigator", f"/analysis/{study}/links/")],
        "screening:link": [("", f"/analysis/{study}/links/1/none/")],
        "screening:comparison": [("investigator", comparison)],
        "screening:case": [("investigator", f"{comparison}cases/1/")],
        "screening:explorer": [("investigator", f"{comparison}explorer/")],
        "screening:comparison_runs": [("investigator", f"{comparison}runs/")],
        "screening:pair": [("investigator", f"/analysis/{study}/side-by-side/?comparison={first}&comparison={other}")],
        "screening:planner": [("investigator", "/analysis/planner/")],
        "screening:study_planner": [("investigator", f"/analysis/{study}/planner/")],
        "screening:import_new": [("investigator", "/analysis/import/")],
        "screening:cases": [("investigator", f"{comparison}cases/")],
        "screening:report": [("investigator", f"{comparison}report/")],
        "screening:screen": [("investigator", "/screen/")],
        "screening:screened": [("investigator", f"/screen/{photo.token}/") for photo in world["photos"]],
    }


NOT_PAGES = {
    "a fragment, a picture, a file or JSON": {
        "metrics", "handbook:file",
        "screening:job_state", "screening:report_file", "screening:planner_csv", "screening:explorer_table",
        "accounts:session", "jsi18n", "mfa_login_webauthn",
        "healthz", "studies:summary", "studies:manifest_template", "studies:cohort_progress", "studies:cohort_manifest",
        "studies:import_state", "studies:import_csv", "studies:packets_zip",
        "studies:face_views_csv", "studies:photo_file", "training:scores",
        "training:package", "training:onnx", "training:bar", "training:face", "training:heat", "training:mean_face",
        "training:mean_heat", "screening:cohort_table_csv", "screening:cohort_matches_csv", "screening:answers",
        "screening:file", "screening:results", "screening:export", "screening:screened_state",
        "screening:screened_photo", "screening:screened_face", "screening:screened_heat",
    },
    "answers POST alone, and leads to one of the pages": {
        "studies:anonymise_reader", "reading:preview_new",
        "accounts:sign_out", "accounts:language", "accounts:new_key", "accounts:revoke_key",
        "screening:change", "screening:job_cancel",
        "screening:job_again", "screening:import_decide", "screening:link_revoke",
        "studies:open", "studies:close", "studies:reopen", "studies:copy",
        "studies:add_person", "studies:replace_reader", "studies:remind", "studies:remove_member",
        "studies:withdraw_reader", "studies:renew", "studies:revoke", "studies:check_audit", "studies:export_audit",
        "studies:import_confirm", "studies:import_discard", "studies:likeness_decide", "studies:photo_accept",
        "studies:photo_refuse", "studies:photo_index", "studies:photo_instead", "studies:subject_facts",
        "studies:withdraw", "reading:consent", "reading:withdraw", "reading:preview", "reading:end_preview",
        "reading:void", "training:cancel_search", "training:run_of_search", "training:cancel", "training:repeat",
        "training:ask_for_onnx", "screening:screened_keep", "screening:screened_erase",
    },
    "only while a long comparison is computed or an imported study is looked through; not walked": {
        "screening:job", "screening:import",
    },
    "signs in and leads to the start": {"accounts:demo_sign_in"},
    "another name of a page, or leads to it": {"account_login", "mfa_index", "mfa_list_webauthn"},
    "leads to the hospital's directory and back": {"openid_connect_login", "openid_connect_callback"},
    "asks first who it is; walked by the test of the second step": {
        "mfa_authenticate", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes", "mfa_add_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn",
        "mfa_reauthenticate", "mfa_reauthenticate_webauthn",
    },
    "only on a site without an account; its test is a walk of its own": {"accounts:first"},
}  # fmt: skip


def address_names() -> Iterator[str]:
    """Of every address of the site's own but the API: Django's admin and the API's browser are made elsewhere."""

    def walk(resolver: Any, space: str = "") -> Iterator[str]:
        for entry in resolver.url_patterns:
            if isinstance(entry, URLPattern):
                yield f"{space}{entry.name}"
            elif isinstance(entry, URLResolver) and entry.namespace != "admin" and str(entry.pattern) != "api/v1/":
                yield from walk(entry, f"{space}{entry.namespace}:" if entry.namespace else space)

    yield from walk(get_resolver())


def build(make_study: Callable, make_user: Callable) -> dict[str, Any]:
    """Names of people are roles: they sign in as such."""
    people = {"coordinator": make_user("Clara Coordinator", may_coordinate=True)}
    people |= {"investigator": make_user("Ines Investigator"), "reader": make_user("Rosa Reader")}
    people |= {name: make_user(f"{name} Person") for name in ("stranger", "invited", "consented", "ready", "told")}
    by, investigator = people["coordinator"], people["investigator"]
    study = make_study(by, investigator, people["reader"], name="Open", confidence="five")
    study.protocols.update(is_blinded_until_closed=False)  # its comparisons are looked at while it is read
    give_faces(study)
    waiting = make_study(by, investigator, people["told"], name="Waiting", n=4)
    closed = make_study(by, investigator, people["told"], name="Closed", shows_own_result=True)
    cases = list(study.cases.order_by("number"))
    first = study.readers.get()
    read_all(first, [(case, case.number % 3 > 0) for case in cases])
    for number, name in enumerate(("invited", "consented", "ready"), start=1):
        _seat(study, people[name], code=f"JP {number}", upto=name)
    read_all(closed.readers.get(), [(case, case.number % 2 > 0) for case in closed.cases.order_by("number")])
    Study.objects.filter(pk=closed.pk).update(status="closed", closed_at=timezone.now())
    draft = Study.objects.create(cohort=study.cohort, name="Draft", created_by=by)
    Protocol.objects.create(study=draft)
    draft.memberships.create(user=by, role="coordinator")
    run, second = (finished_run(study.cohort, investigator, seed=seed) for seed in (1, 2))
    live = create_run(cohort=study.cohort, name="Live", recipe=PRESETS["smoke"], created_by=investigator)
    prepare_run(run_id=live.pk)
    invitation, token = invite(study=study, email="new@example.org", role="reader", by=by, name="Dr New")
    search = create_search(
        cohort=study.cohort, name="Rates", recipe=PRESETS["smoke"], axes=read_axes(GRID), created_by=investigator
    )
    who = people["reader"]
    key = f"{urlsafe_base64_encode(force_bytes(who.pk))}/{default_token_generator.make_token(who)}"
    return {
        "people": people,
        "study": study,
        "closed": closed,
        "waiting": waiting,
        "draft": draft,
        "cohort": study.cohort,
        "photo": study.cohort.photos.order_by("id").first(),
        "first": first,
        "run": run,
        "second": second,
        "live": live,
        "search": search,
        "comparison": compare(study=study, run=run, options=Options(replicates=200), by=investigator),
        "other": compare(study=study, run=second, options=Options(replicates=200), by=investigator),
        "invitation": invitation,
        "token": token,
        "reset": f"/accounts/password/new/{key}/",
        "imports": [_import(study.cohort, by, status).pk for status in ("finished", "checked", "failed", "running")],
        "photos": [new_photo(run, investigator, state) for state in (State.FINISHED, State.FAILED, State.QUEUED)],
    }


def _seat(study: Study, user: Any, *, code: str, upto: str) -> None:
    reader = Reader.objects.create(study=study, user=user, code=code, seniority="junior")
    if upto == "invited":
        return
    record_consent(reader=reader, version=consent_version(study))
    if upto == "ready":
        record_device(session=reader.sessions.get(is_practice=False, occasion=1), device={"refresh_hz": 60})


def _png(pixels: Any) -> ContentFile:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "PNG")
    return ContentFile(data.getvalue())


def _spot() -> Any:
    rows, columns = np.mgrid[0:56, 0:56]
    return (255 * np.exp(-((rows - 24) ** 2 + (columns - 20) ** 2) / 150)).astype(np.uint8)


def finished_run(cohort: Any, by: Any, *, seed: int) -> TrainingRun:
    """A finished run of three folds with drawn scores and heat maps."""
    recipe = replace(PRESETS["smoke"], folds=3, seed=seed)
    run = create_run(cohort=cohort, name=f"Seed {seed}", recipe=recipe, created_by=by)
    prepare_run(run_id=run.pk)
    for number, row in enumerate(run.predictions.select_related("photo__subject").order_by("photo_id")):
        row.score = row.calibrated = (number * 7 + seed) % 10 / 20 + 0.4 * row.photo.subject.has_syndrome
        row.heat_share = 0.8
        row.heat_map.save(f"{run.pk}-{row.pk}.png", _png(_spot()), save=True)
    metrics = {"auc": 0.9, "accuracy": 0.75, "sensitivity": 1.0, "specificity": 0.5, "precision": 2 / 3, "f1": 0.8}
    counts = {"tp": 2, "fp": 1, "tn": 1, "fn": 0}
    history = [{"epoch": n, "loss": 0.7, "val_loss": 0.8, "val_auc": 0.6, "seconds": 0.1} for n in (1, 2)]
    run.folds.update(
        state=State.FINISHED,
        threshold=0.45,
        temperature=1.0,
        best_epoch=1,
        epoch=2,
        epochs=2,
        metrics=metrics | counts,
        history=history,
    )
    for fold in run.folds.all():  # a file is enough: no network is asked
        file = files_of(run.pk) / f"{fold.pk}.weights.h5"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"weights")
        run.folds.filter(pk=fold.pk).update(weights=str(file.relative_to(settings.DATA_DIR)))
    TrainingRun.objects.filter(pk=run.pk).update(state=State.FINISHED, finished_at=timezone.now())
    run.refresh_from_db()
    return run


def _import(cohort: Any, by: Any, status: str) -> ImportBatch:
    batch = ImportBatch.objects.create(
        cohort=cohort,
        created_by=by,
        archive_name="faces.zip",
        status=status,
        total=4,
        done=2 if status == "running" else 4,
        problem="The archive is not a ZIP file: pack the photos as a ZIP and try again." if status == "failed" else "",
        notices=["Columns without a meaning here were ignored: note."] if status == "finished" else [],
        heartbeat_at=timezone.now(),
        is_checked_first=status == "checked",
        checked_at=timezone.now() if status == "checked" else None,
        finished_at=timezone.now() if status in ("finished", "failed") else None,
    )
    for number, verdict in enumerate(("added", "review", "rejected", "ignored"), start=1):
        ImportLine.objects.create(
            batch=batch, number=number, file=f"{number}.jpg", verdict=verdict, reason="" if number == 1 else "A reason."
        )
    return batch


def new_photo(run: TrainingRun, by: Any, state: str) -> NewPhoto:
    photo = NewPhoto(run=run, created_by=by, state=state, age_months=240)
    if state != State.FAILED:
        photo.file.save("new.jpg", _png(np.full((300, 240, 3), 150, np.uint8)), save=False)
    if state == State.FINISHED:
        answer(photo)
    photo.ended_at = None if state == State.QUEUED else timezone.now()
    photo.problem = "No face was found." if state == State.FAILED else ""
    photo.save()
    return photo


def answer(photo: NewPhoto) -> None:
    photo.crop.save("crop.png", _png(np.full((224, 224, 3), 150, np.uint8)), save=False)
    photo.heat_map.save("heat.png", _png(_spot()), save=False)
    photo.scores = [
        {"fold": fold, "score": 0.5 + fold / 10, "calibrated": 0.5 + fold / 20, "threshold": 0.55} for fold in range(3)
    ]
    landmarks = [[90, 120], [150, 120], [120, 150], [98, 185], [142, 185]]
    photo.face = {"width": 240, "height": 300, "box": [60, 60, 120, 170], "landmarks": landmarks, "doubt": ""}
    photo.surroundings = {
        "measures": {
            "eye_distance": {"value": 60.0, "reference": [48.0 + n for n in range(40)]},
            "sharpness": {"value": 0.21, "reference": [0.2 + n / 100 for n in range(40)]},
            "aside": {"value": 0.5, "reference": [n / 200 for n in range(40)]},
        },
        "neighbours": [{"fold": 0, "distance": 31.0, "held_out": [10.0 + n for n in range(20)]}],
    }
