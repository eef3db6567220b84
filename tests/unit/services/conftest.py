import pytest

from astronomical.services.cutouts import CutoutFetcher
from astronomical.services.fetcher import Limits
from astronomical.services.surveys import first, sdss
from tests.stubs.survey_server import SurveyServer


@pytest.fixture
def server():
    with SurveyServer() as running:
        yield running


@pytest.fixture
def optical(server):
    return sdss(server.sdss_url)


@pytest.fixture
def radio(server):
    return first(server.first_url)


@pytest.fixture
def fetcher():
    made = CutoutFetcher(Limits(10, max_bytes=1e6, allow_private=True))
    yield made
    made.close()


@pytest.fixture
def hasty():
    made = CutoutFetcher(Limits(0.3, max_bytes=1e6, allow_private=True))
    yield made
    made.close()
