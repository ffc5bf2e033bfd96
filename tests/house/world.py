"""A site in which everything that a URL can name exists once: a study in the middle of its reading, and a neighbour."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from readerstudy.accounts.keys import make_key
from readerstudy.accounts.models import User
from readerstudy.reading import services as reading
from readerstudy.reading.selectors import consent_version
from readerstudy.studies.models import ImportBatch, Membership, Study
from readerstudy.studies.services.invitations import invite
from readerstudy.studies.services.people import add_reader
from screening.analysis.options import Options
from screening.models import ComparisonJob, StudyImport
from screening.services import compare
from tests.screening.app.paperlike import read_all
from training.engine.recipe import PRESETS
from training.models import Fold, NewPhoto, Prediction, State, TrainingRun
from training.search.create import create_search
from training.search.grid import read_axes

ROLES = ("reader", "coordinator", "investigator")
CAST = ("anonymous", "stranger", "staff", *ROLES, *(f"neighbour's {role}" for role in ROLES))
# What a path's number means, by the word before it; a name alone serves where no word comes before.
PLACES = {
    "cohorts": "cohort", "studies": "study", "read": "study", "analysis": "study", "imports": "batch",
    "uploads": "batch", "photos": "photo", "subjects": "subject", "readers": "second", "members": "member",
    "invitations": "invitation", "trials": "trial", "training": "run", "runs": "run", "searches": "search",
    "comparisons": "comparison", "keys": "key", "instead": "photo",
    "links": "study", "passkeys": "passkey", "jobs": "job", "comparison-jobs": "job", "import": "study import",
}  # fmt: skip
WORDS = {
    "page": "readers",
    "kind": "photo", "role": "reader", "uidb64": "MQ", "key": "gs", "export": "calls", "file": "reads.csv",
    "onnx": "ensemble.onnx", "provider_id": "hospital",
}  # fmt: skip


@dataclass
class World:
    study: Study
    people: dict[str, User]
    things: dict[str, Any] = field(default_factory=dict)
    cookies: dict[str, SimpleCookie] = field(default_factory=dict)
    _client: Client = field(default_factory=Client)  # one for all visits: each new one would load the middleware anew

    def address(self, route: str, name: str) -> str:
        """``route`` of the door ``name`` with everything filled in from this world."""
        for found in re.findall(r"<(?:\w+:)?\w+>", route):
            route = route.replace(found, str(self._meant(route, found, name)), 1)
        return "/" + route

    def _meant(self, route: str, found: str, name: str) -> Any:
        before = route[: route.index(found)].strip("/").split("/")
        word, kind = found.strip("<>").split(":")[-1], found.strip("<>").split(":")[0]
        if kind == "uuid":
            token = {"screen": "new photo", "sessions": "session", "faces": "photo"}.get(before[-1], "trial")
            return self.things[token].token
        if word == "token":
            return self.things["link"] if before[-1] == "invitations" else "set-password"
        if word == "number":
            return 3  # a case to read
        if kind == "int":
            inner = before[0] == "analysis" and before[-1].isdigit()
            return self.things["comparison" if inner else PLACES[before[-1]]].pk
        return WORDS.get(word) or WORDS[name.split(":")[1]]

    def client(self, who: str) -> Client:
        """The browser of ``who``, as it was at first sign-in."""
        self._client.cookies = SimpleCookie({key: morsel.value for key, morsel in self.cookies.get(who, {}).items()})
        self._client.raise_request_exception = False
        return self._client


def make_world(make_study: Callable, make_user: Callable) -> World:
    def cast(prefix: str = "") -> list[User]:
        may = {"coordinator": {"may_coordinate": True}}
        return [make_user(f"{prefix}{role}", **may.get(role, {})) for role in ("coordinator", "investigator", "reader")]

    coordinator, investigator, reader = cast()
    study = make_study(coordinator, investigator, reader, n=12, practice=2)
    study.protocols.update(is_blinded_until_closed=False)  # so that its results can be asked for while it is read
    near = cast("Next ")
    make_study(*near, name="Next door")
    people = {"stranger": make_user("Stranger"), "staff": make_user("Staff", is_staff=True, is_superuser=True)}
    people |= {"reader": reader, "coordinator": coordinator, "investigator": investigator}
    people |= {f"neighbour's {role}": near[i] for i, role in ((2, "reader"), (0, "coordinator"), (1, "investigator"))}
    world = World(study=study, people=people)
    _fill(world, make_user)
    for who, user in people.items():
        world._client.cookies = SimpleCookie()
        world._client.force_login(user)
        world.cookies[who] = world._client.cookies
    return world


def _fill(world: World, make_user: Callable) -> None:
    study, coordinator, investigator = world.study, world.people["coordinator"], world.people["investigator"]
    first = study.readers.get()
    reading.record_consent(reader=first, version=consent_version(study))
    session = first.sessions.order_by("id").first()
    session = reading.start_session(session=reading.record_device(session=session, device={"refresh_hz": 60}))
    second = add_reader(study=study, user=make_user("Second reader"), by=coordinator)
    read_all(second, [(case, case.number % 2 == 0) for case in study.cases.filter(is_practice=False)])
    run, search = _run(study, investigator), _search(study, investigator)
    invitation, link = invite(study=study, email="x@example.org", role="reader", by=coordinator)
    photo = study.cohort.photos.order_by("id").first()
    world.things = {
        "study": study,
        "cohort": study.cohort,
        "batch": ImportBatch.objects.create(cohort=study.cohort, created_by=coordinator, status="finished"),
        "photo": photo,
        "subject": photo.subject,
        "second": second,
        "member": Membership.objects.get(study=study, role="investigator"),
        "invitation": invitation,
        "link": link,
        "session": session,
        "trial": session.trials.first(),
        "run": run,
        "search": search,
        "comparison": compare(study=study, run=run, options=Options(replicates=200), by=investigator),
        "job": ComparisonJob.objects.create(
            study=study, run=run, options=Options(replicates=200).to_dict(), wish="0" * 64, created_by=investigator
        ),
        "study import": StudyImport.objects.create(
            digest="0" * 64, files=[], wishes={}, found={}, created_by=investigator
        ),
        "key": make_key(user=coordinator, name="Script")[0],
        "passkey": Authenticator.objects.create(user=second.user, type="webauthn", data={"name": "Key"}),
        "new photo": NewPhoto.objects.create(run=run, file="screen/x.png", created_by=investigator),
    }


def _run(study: Study, by: User) -> TrainingRun:
    run = TrainingRun.objects.create(
        cohort=study.cohort, name="Run", state=State.FINISHED, recipe=PRESETS["smoke"].to_dict(), seed=1, created_by=by,
        finished_at=timezone.now(),
    )  # fmt: skip
    folds = [Fold.objects.create(run=run, index=i, state=State.FINISHED, threshold=0.5) for i in range(2)]
    Prediction.objects.bulk_create(
        Prediction(run=run, fold=folds[i % 2], photo=photo, score=0.9 - i / 20)
        for i, photo in enumerate(study.cohort.photos.order_by("-subject__has_syndrome", "id"))
    )
    return run


def _search(study: Study, by: User) -> Any:
    axes = read_axes([("learning_rate", ["0.001", "0.003"])])
    return create_search(cohort=study.cohort, name="Search", recipe=PRESETS["smoke"], axes=axes, created_by=by)
