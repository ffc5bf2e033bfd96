import shutil

import pytest
from django.utils import timezone

from tests.training.networks import SMALL, networks
from tests.training.vgg_files import made_up
from training import services
from training.models import State, TrainingRun


@pytest.fixture(scope="session")
def kernels():
    """The 13 (kernel, bias) of a made-up VGG-Face, for RGB input."""
    return made_up()


@pytest.fixture(scope="session")
def small_networks(tmp_path_factory):
    """Three real networks, made once: building one takes longer than most tests."""
    return networks(tmp_path_factory.mktemp("networks"))


@pytest.fixture
def real_run(make_run, data_dir, small_networks):
    """A finished run of three folds with real networks."""
    run = make_run(recipe=SMALL, name="Small")
    services.prepare_run(run_id=run.pk)
    for member in small_networks.members:
        shutil.copy(member.weights, data_dir)
        run.folds.filter(index=member.fold).update(
            state=State.FINISHED,
            weights=member.weights.name,
            threshold=member.threshold,
            temperature=member.scale.temperature,
            offset=member.scale.offset,
        )
    TrainingRun.objects.filter(pk=run.pk).update(state=State.FINISHED, finished_at=timezone.now())
    run.refresh_from_db()
    return run
