"""The facade on a real port."""

import httpx
import pytest
from fabgitops_operator.facade.ports import AwayError, Told
from fabgitops_operator.hosting.web import application, listening

from .conftest import SPEC, Kubernetes, facade_of, refusal

EXPIRED = refusal(410, "Expired", "The provided continue parameter is too old")


@pytest.mark.parametrize("answer", [AwayError("refused"), EXPIRED])
async def test_half_a_listing_is_none(
    kubernetes: Kubernetes, answer: Told | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """When a later page does not come the connection is cut, and a client does not take the first for all."""
    for number in range(4):
        kubernetes.add("RackTemplate", f"t{number}", SPEC)
    kubernetes.page = 2
    async with (
        listening(application(facade_of(kubernetes)), "127.0.0.1", 0) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        assert len((await client.get("/racktemplates")).json()) == 4
        kubernetes.answers = [None, answer]
        with pytest.raises(httpx.TransportError):
            await client.get("/racktemplates")
        assert "a listing broke off: GET /racktemplates" in caplog.text
        assert "Traceback" not in caplog.text
        assert (await client.get("/health")).status_code == 200


async def test_the_head_of_an_object_has_its_tag(kubernetes: Kubernetes) -> None:
    """HEAD of an object is its GET without the body; a listing has none."""
    uid = kubernetes.add("RackTemplate", "t", SPEC)
    async with (
        listening(application(facade_of(kubernetes)), "127.0.0.1", 0) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        head = await client.head(f"/racktemplates/{uid}")
        assert (head.status_code, head.headers["ETag"], head.content) == (200, '"1"', b"")
        assert (await client.head("/racktemplates")).status_code == 405
