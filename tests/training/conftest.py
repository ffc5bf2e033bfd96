import pytest

from tests.training.vgg_files import made_up


@pytest.fixture(scope="session")
def kernels():
    """The 13 (kernel, bias) of a made-up VGG-Face, for RGB input."""
    return made_up()
