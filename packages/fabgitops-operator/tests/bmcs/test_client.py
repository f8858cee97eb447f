"""Who asks is told to the BMC alone, which has proved who it is; a session ends with what it was for."""

import base64

import pytest
import trustme
from fabgitops_core.control.rack.bmc.facts import Lamp, Light
from fabgitops_operator.redfish.discover import discover
from fabgitops_operator.redfish.errors import RedfishError, Refused, Unreached
from fabgitops_operator.redfish.switching import reset, switch

from .peer import WHO, Asked, Peer, Reply, client, served, service

SYSTEM = "/redfish/v1/Systems/A"
TARGET = f"{SYSTEM}/Actions/ComputerSystem.Reset"
BASIC = f"Basic {base64.b64encode(b'admin:secret').decode()}"


async def test_each_request_says_who_asks() -> None:
    """With basic authentication, the default, every request carries user and password."""
    async with served(Peer(service())) as peer, client(peer).asking() as asking:
        await discover(asking)
        assert {each.headers["authorization"] for each in peer.asked} == {BASIC}


async def test_a_session_is_deleted_when_all_is_asked() -> None:
    """One session serves all requests, user and password go out once, and the session is gone at the end."""
    peer = Peer(_with_sessions())
    async with served(peer):
        async with client(peer, session=True).asking() as asking:
            await discover(asking)
        assert [each.body for each in peer.asked if each.method == "POST"] == [
            {"UserName": WHO.user, "Password": WHO.password}
        ]
        assert peer.paths("DELETE") == ["/redfish/v1/SessionService/Sessions/9"]
        assert not any("authorization" in each.headers for each in peer.asked)
        assert {each.headers.get("x-auth-token") for each in peer.asked[2:]} == {"t0ken"}


async def test_a_session_is_deleted_when_a_look_fails_too() -> None:
    """What goes wrong in between leaves no session behind."""
    told = {**_with_sessions(), "/redfish/v1/Systems": Reply(None, 503)}
    async with served(Peer(told)) as peer:
        with pytest.raises(Refused):
            async with client(peer, session=True).asking() as asking:
                await discover(asking)
        assert peer.paths("DELETE") == ["/redfish/v1/SessionService/Sessions/9"]


def _with_sessions() -> dict[str, object]:
    told = service()
    told["/redfish/v1/SessionService/Sessions"] = Reply(
        {}, 201, {"x-auth-token": "t0ken", "location": "/redfish/v1/SessionService/Sessions/9"}
    )
    told["/redfish/v1/SessionService/Sessions/9"] = Reply(None, 204)
    return told


async def test_a_certificate_of_nobody_known_is_not_accepted() -> None:
    """A BMC whose certificate another authority signed gets no user and no password."""
    async with served(Peer(service()), authority=trustme.CA()) as peer, client(peer).asking() as asking:
        with pytest.raises(Unreached, match="has a TLS certificate that is not accepted"):
            await discover(asking)
        assert peer.asked == []


async def test_a_certificate_for_another_name_is_not_accepted() -> None:
    """A BMC must prove to be the one that is meant, by address or by tlsServerName."""
    async with served(Peer(service()), name="bmc.example") as peer:
        async with client(peer).asking() as asking:
            with pytest.raises(Unreached, match="certificate"):
                await discover(asking)
        async with client(peer, server_name="bmc.example").asking() as asking:
            assert (await discover(asking)).machines


async def test_verification_ends_only_where_that_is_said() -> None:
    """With verify off, and only then, a certificate of anybody will do."""
    async with served(Peer(service()), authority=trustme.CA()) as peer, client(peer, verify=False).asking() as asking:
        assert (await discover(asking)).machines


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that is set for everybody sees nothing of BMCs."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with served(Peer(service())) as peer, client(peer).asking() as asking:
        assert (await discover(asking)).machines


async def test_power_is_posted_once() -> None:
    """A ResetType goes to the target that the BMC names, in one request."""
    async with served(Peer({**service(), TARGET: Reply(None, 204)})) as peer, client(peer).asking() as asking:
        await reset(asking, TARGET, "GracefulShutdown")
        assert [(each.method, each.path, each.body) for each in peer.asked] == [
            ("POST", TARGET, {"ResetType": "GracefulShutdown"})
        ]


@pytest.mark.parametrize(
    ("reply", "maybe"),
    [
        (Reply(None, 400), False),
        (Reply(None, 403), False),
        (Reply(None, 409), False),
        (Reply(None, 501), False),
        (Reply(None, 307, {"location": "https://evil.example/"}), False),
        (Reply(None, 500), True),
        (Reply(None, 503), True),
        (Reply(silent=True), True),
        (Reply(raw=b"HTTP/1.1 20"), True),
        (Reply(b"x" * (2 << 20)), True),
    ],
    ids=range(10),
)
async def test_what_is_known_after_a_request_for_power(reply: Reply, maybe: bool) -> None:
    """A no is a no; no whole answer, and a fault of the BMC's own, leave open what was done. None is sent again."""
    async with served(Peer(script=lambda _asked: reply)) as peer, client(peer, answer_secs=0.5).asking() as asking:
        with pytest.raises(RedfishError) as caught:
            await reset(asking, TARGET, "On")
        assert peer.paths("POST") == [TARGET]
    assert caught.value.maybe_done is maybe


async def test_a_target_elsewhere_is_certainly_not_asked() -> None:
    """An action whose target is on another host is sent nowhere, and that is known."""
    async with served(Peer()) as peer, client(peer).asking() as asking:
        with pytest.raises(RedfishError) as caught:
            await reset(asking, "https://evil.example/Reset", "On")
        assert peer.asked == []
    assert not caught.value.maybe_done


@pytest.mark.parametrize(
    ("light", "allowed", "on", "body"),
    [
        (Light.ACTIVE, None, True, {"LocationIndicatorActive": True}),
        (Light.LED, None, True, {"IndicatorLED": "Blinking"}),
        (Light.LED, ["Lit", "Off"], True, {"IndicatorLED": "Lit"}),
        (Light.LED, None, False, {"IndicatorLED": "Off"}),
    ],
)
async def test_a_light_is_switched_of_the_version_that_was_read(
    light: Light, allowed: list[str] | None, on: bool, body: object
) -> None:
    """A light is patched with the tag of the resource, and blinks where it can."""
    told = service()
    more = {"IndicatorLED@Redfish.AllowableValues": allowed} if allowed else {}

    def script(asked: Asked) -> Reply:
        if asked.method == "PATCH":
            return Reply(None, 204)
        return Reply({"@odata.id": asked.path, **told[asked.path], **more})

    async with served(Peer(script=script)) as peer, client(peer).asking() as asking:
        await switch(asking, Lamp(SYSTEM, light, None), on=on)
        patched = peer.asked[-1]
    assert (patched.body, patched.headers["if-match"]) == (body, 'W/"7"')


async def test_a_light_that_somebody_changed_in_between_is_read_once_more() -> None:
    """A tag of yesterday (412) is read anew, and the light switched by it; a second one is told of."""
    tags = iter(['"1"', '"2"', '"3"'])

    def script(asked: Asked) -> Reply:
        if asked.method == "PATCH":
            return Reply(None, 204 if asked.headers["if-match"] == '"2"' else 412)
        return Reply({"@odata.id": asked.path}, headers={"etag": next(tags)})

    async with served(Peer(script=script)) as peer, client(peer).asking() as asking:
        await switch(asking, Lamp(SYSTEM, Light.ACTIVE, None), on=True)
        assert peer.paths("PATCH") == [SYSTEM, SYSTEM]
