"""What is told of a rollout of a workload: in which words of CDEvents, and of which artifact."""

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from fabgitops_core.api.meta import Key
from fabgitops_core.api.rollout.status import Pending
from fabgitops_core.control.cdevents.purl import purl
from fabgitops_core.control.cdevents.words import ServiceWord, Word
from fabgitops_core.control.cdevents.workloads import happening
from fabgitops_core.control.happenings import Happening

from .conftest import Judge

KEY = Key("Rollout", "hall-1", "hmi")
UID = "6f9d2c1e-8f53-4f4e-9d0e-3b0d5a3a5d11"
AT = datetime(2026, 11, 29, 12, 0, 0, 250_000, UTC)
IMAGES = ("ghcr.io/acme/hmi:1.2", "ghcr.io/acme/proxy:7")
TOLD = [each for each in [*Word, *ServiceWord] if each not in {Word.RESTORED, Word.MODIFIED}]


def event(word: str, **said: Any) -> Happening:
    """Return what goes over the bus of something."""
    known = {"revision": "9f86d081", "number": 3, "attempt": 2, "step": 1, "steps": 4, "weight": 25}
    return happening(KEY, UID, Pending(id="8d7c", type=word, at=AT, **{**known, **said}))


@pytest.mark.parametrize("word", [*TOLD, "a-word-of-another-version"])
def test_the_published_schemas_take_each_event(judge: Judge, word: str) -> None:
    """Each event is as the schema of its type in CDEvents 0.5.1 says, or the schema of types of one's own."""
    verdicts = ["", "Successful", "Failed", "Inconclusive", "Error", "Running"]
    for images, text, step, analysis, verdict in itertools.product(
        [(), IMAGES], ["", "why"], [None, 2], [None, 0, 2], verdicts
    ):
        told = event(word, images=images, text=text, step=step, analysis=analysis, verdict=verdict)
        assert judge.wrong(told.data) == []


def test_each_word_has_a_type() -> None:
    """Whoever listens for a type hears of it: a workload is a service, its revision the run of a pipeline."""
    assert {word: event(word, images=IMAGES).type.removeprefix("dev.cdevents") for word in TOLD} == {
        Word.STARTED: ".pipelinerun.started.0.3.0",
        Word.PROGRESSED: "x.fabgitops-rollout.progressed.0.1.0",
        Word.WAITING: "x.fabgitops-rollout.waiting.0.1.0",
        Word.ANALYSIS_STARTED: ".testsuiterun.started.0.3.0",
        Word.ANALYSIS_FINISHED: ".testsuiterun.finished.0.3.0",
        Word.INCIDENT: ".incident.detected.0.3.0",
        Word.FINISHED_SUCCESS: ".pipelinerun.finished.0.3.0",
        Word.FINISHED_FAILURE: ".pipelinerun.finished.0.3.0",
        Word.FINISHED_CANCEL: ".pipelinerun.finished.0.3.0",
        ServiceWord.DEPLOYED: ".service.deployed.0.3.0",
        ServiceWord.PUBLISHED: ".service.published.0.3.0",
        ServiceWord.UPGRADED: ".service.upgraded.0.3.0",
        ServiceWord.ROLLED_BACK: ".service.rolledback.0.3.0",
    }
    assert event("thawed").type == "dev.cdeventsx.fabgitops-rollout.changed.0.1.0"


def test_what_a_service_event_says() -> None:
    """The namespace is the environment, the image of the first container the artifact; the others stand beside it."""
    told = event(ServiceWord.UPGRADED, images=IMAGES)
    assert told.data["subject"] == {
        "id": "hall-1/hmi",
        "content": {
            "environment": {"id": "hall-1"},
            "artifactId": "pkg:oci/hmi?repository_url=ghcr.io/acme/hmi&tag=1.2",
        },
    }
    assert told.data["customData"] == {
        "namespace": "hall-1",
        "name": "hmi",
        "revision": "9f86d081",
        "number": 3,
        "attempt": 2,
        "weight": 25,
        "step": 1,
        "steps": 4,
        "images": list(IMAGES),
    }


def test_a_service_without_an_image_has_a_type_of_our_own() -> None:
    """CDEvents wants an artifact of a service event: where none is known nothing is made up."""
    assert event(ServiceWord.ROLLED_BACK).type == "dev.cdeventsx.fabgitops-rollout.rolledback.0.1.0"


def test_the_envelope_is_that_of_the_event() -> None:
    """Id, source, type, subject and time of the CloudEvent are those of the CDEvent, as its binding demands."""
    for word in TOLD:
        told = event(word, images=IMAGES, analysis=2)
        context, about = told.data["context"], told.data["subject"]
        assert (told.id, told.source, told.type) == (context["id"], context["source"], context["type"])
        assert (told.subject, told.partition, told.foreign) == (about["id"], "hall-1/hmi", True)
        assert told.at.isoformat() == context["timestamp"].replace("Z", "+00:00") == "2026-11-29T12:00:00+00:00"


def test_all_of_one_attempt_has_one_chain() -> None:
    """All that is told of one attempt has one chainId; a retry has another, and so has going back to an old one."""
    chains = {event(word, images=IMAGES).data["context"]["chainId"] for word in TOLD}
    again, back = event("started", attempt=3), event("started", number=4)
    assert len(chains) == 1
    assert len(chains | {each.data["context"]["chainId"] for each in (again, back)}) == 3


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("hmi", "pkg:oci/hmi?tag=latest"),
        ("hmi:1.2", "pkg:oci/hmi?tag=1.2"),
        ("acme/HMI:v1", "pkg:oci/hmi?repository_url=acme/HMI&tag=v1"),
        ("plant.local:5000/hmi", "pkg:oci/hmi?repository_url=plant.local%3A5000/hmi&tag=latest"),
        ("plant.local:5000/a/hmi:2", "pkg:oci/hmi?repository_url=plant.local%3A5000/a/hmi&tag=2"),
        ("ghcr.io/a/hmi@sha256:0b31", "pkg:oci/hmi@sha256%3A0b31?repository_url=ghcr.io/a/hmi"),
        ("ghcr.io/a/hmi:2@sha256:0b31", "pkg:oci/hmi@sha256%3A0b31?repository_url=ghcr.io/a/hmi&tag=2"),
        ("", ""),
    ],
)
def test_the_package_url_of_an_image(image: str, expected: str) -> None:
    """A digest names an image where there is one; a port of a registry is no tag."""
    assert purl(image) == expected
