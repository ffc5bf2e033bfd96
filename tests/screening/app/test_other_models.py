"""A comparison with a model that is no network says what it is, and claims nothing that only a network has."""

import pytest
from django.urls import reverse

from screening.analysis.options import Options
from screening.analysis.runs import side_by_side
from screening.services import compare, run_facts
from tests.screening.app.paperlike import Paperlike, build
from training.engine.classical_recipe import CLASSICAL
from training.models import Kind

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Paperlike:
    """The readers against a run on landmarks."""
    made = build(n=60)
    made.run.kind, made.run.recipe = Kind.LANDMARKS, CLASSICAL["landmarks"].to_dict()
    made.run.save()
    return made


def test_the_page_and_the_report_name_the_model(client, world):
    stored = compare(study=world.study, run=world.run, options=Options(replicates=200), by=world.investigator)
    client.force_login(world.investigator)
    page = client.get(reverse("screening:comparison", args=[world.study.pk, stored.pk])).content.decode()
    assert "Logistic regression on the geometry of five landmarks" in page
    assert "Started at random" not in page
    assert "this version cannot read" not in page
    assert dict(stored.result["run"]["recipe"])["Classifier"].startswith("logistic regression")


def test_side_by_side_it_has_no_first_weights(world):
    start = next(line for line in side_by_side([world.run]).choices if line.label == "First weights")
    assert start.sentences == ["no network"]


def test_the_facts_of_a_network_are_as_they_were(world):
    world.run.kind = Kind.NETWORK
    assert "kind" not in run_facts(world.run)
