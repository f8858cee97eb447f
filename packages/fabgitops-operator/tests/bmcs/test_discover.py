"""What a BMC shows is read by following links, and what it shows wrongly harms nothing else."""

from typing import Any

import pytest
from fabgitops_core.control.rack.bmc.facts import Board, Case, Lamp, Light, Machine
from fabgitops_operator.redfish.discover import MAX_MEMBERS, discover
from fabgitops_operator.redfish.errors import Denied, Garbled, RedfishError, Unanswered, Unreached

from .peer import ROOT, Peer, Reply, client, served, service

SYSTEM = "/redfish/v1/Systems/A"


async def test_all_that_a_bmc_shows_is_read() -> None:
    """System, chassis and manager are told with all that is asked of them, and nothing but GET is sent."""
    async with served(Peer(service())) as peer:
        async with client(peer).asking() as asking:
            found = await discover(asking)
        assert {each.method for each in peer.asked} == {"GET"}
    assert found.machines == (
        Machine(
            link=SYSTEM,
            name="Web server",
            manufacturer="Contoso",
            model="3500",
            serial="437XR1138R2",
            uuid="4c4c4544-0035-5910-8048-b4c04f4e3132",
            power="Off",
            health="Warning",
            cpu_model="Xeon",
            cpu_count=2,
            memory=96.0,
            macs=("00:25:90:aa:00:01",),
            managed_by=("/redfish/v1/Managers/B",),
            resets=("On", "ForceOff", "GracefulShutdown"),
            reset_target=f"{SYSTEM}/Actions/ComputerSystem.Reset",
            lamp=Lamp(SYSTEM, Light.LED, on=False),
        ),
    )
    assert found.boards == (
        Board("/redfish/v1/Managers/B", "2.90", "58893887-8974-2487-2389-841168418919", "OK", ("00:25:90:bb:00:01",)),
    )
    assert found.cases == (
        Case(
            "/redfish/v1/Chassis/C",
            "RackMount",
            "Contoso",
            "3500RX",
            "437XR1138R3",
            "On",
            "Critical",
            "North",
            "WEB43",
            12,
        ),
    )
    assert (found.redfish, found.gaps) == ("1.15.0", ())


async def test_a_short_look_asks_for_the_machine_alone() -> None:
    """Who waits for a machine to follow sends one request."""
    async with served(Peer(service())) as peer, client(peer).asking() as asking:
        found = await discover(asking, [SYSTEM])
        assert peer.paths() == [SYSTEM]
    assert found.machines[0].power == "Off"


async def test_pages_are_turned_and_members_counted_once() -> None:
    """A collection of several pages is followed to its end; a member that it names twice is read once."""
    told = service()
    other = {**told[SYSTEM], "UUID": "x"}
    told |= {
        "/redfish/v1/Systems": {
            "Members": [{"@odata.id": SYSTEM}, {"@odata.id": f"{SYSTEM}/"}],
            "Members@odata.nextLink": "/redfish/v1/Systems?$skip=2",
        },
        "/redfish/v1/Systems?$skip=2": {"Members": [{"@odata.id": "/redfish/v1/Systems/Z"}]},
        "/redfish/v1/Systems/Z": other,
    }
    async with served(Peer(told)) as peer, client(peer).asking() as asking:
        found = await discover(asking)
    assert [each.link for each in found.machines] == [SYSTEM, "/redfish/v1/Systems/Z"]


async def test_the_light_that_is_not_deprecated_goes_first() -> None:
    """LocationIndicatorActive counts where it is there, IndicatorLED otherwise."""
    told = service()
    told[SYSTEM] = {**told[SYSTEM], "LocationIndicatorActive": True}
    async with served(Peer(told)) as peer, client(peer).asking() as asking:
        found = await discover(asking)
    assert found.machines[0].lamp == Lamp(SYSTEM, Light.ACTIVE, on=True)


@pytest.mark.parametrize(
    ("led", "allowed", "on"),
    [
        ("Off", None, False),
        ("Blinking", None, True),
        ("Lit", None, None),
        ("Lit", ["Lit", "Off"], True),
        ("Unknown", None, None),
    ],
)
async def test_a_steady_light_shows_the_way_only_where_it_cannot_blink(
    led: str, allowed: list[str] | None, on: bool | None
) -> None:
    """Many have a steady light at rest, so that one counts for nothing unless it is all that there is."""
    told = service()
    told[SYSTEM] = {**told[SYSTEM], "IndicatorLED": led, "IndicatorLED@Redfish.AllowableValues": allowed}
    async with served(Peer(told)) as peer, client(peer).asking() as asking:
        found = await discover(asking)
    assert found.machines[0].lamp == Lamp(SYSTEM, Light.LED, on)


async def test_what_alone_cannot_be_read_is_a_gap() -> None:
    """A chassis that is refused, a manager that is HTML, and interfaces elsewhere are told of; the system is there."""
    told = service()
    told["/redfish/v1/Chassis/C"] = Reply({"error": {"message": "not now"}}, 503)
    told["/redfish/v1/Managers/B"] = Reply(b"<html>Login</html>")
    told[SYSTEM] = {**told[SYSTEM], "EthernetInterfaces": {"@odata.id": "https://evil.example/x"}}
    async with served(Peer(told)) as peer, client(peer).asking() as asking:
        found = await discover(asking)
    assert [each.power for each in found.machines] == ["Off"]
    assert (found.cases, found.boards) == ((), ())
    assert len(found.gaps) == 3
    assert any("another host" in gap for gap in found.gaps)


WRONG: list[Any] = [
    None,
    7,
    -1,
    1e999,
    True,
    "\ud800",
    "\x1b[2J",
    [],
    [1],
    {},
    {"@odata.id": 7},
    {"Members": "x"},
    [["x"]],
    "x" * 9999,
]


@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
async def test_fields_of_a_wrong_type_count_as_not_there(wrong: Any) -> None:
    """Whatever stands where a field should, a look ends with values that can be told, or a sentence."""
    told = service()
    for path, answer in list(told.items()):
        told[path] = dict.fromkeys(answer, wrong) if path != ROOT else answer
    told["/redfish/v1/Systems"] = {"Members": [{"@odata.id": SYSTEM}, wrong]}
    async with served(Peer(told)) as peer, client(peer).asking() as asking:
        found = await discover(asking)
    (machine,) = found.machines
    assert machine.serial.isprintable()
    assert len(machine.serial) <= 4096
    assert machine.cpu_count in {None, 7}
    str(found).encode()


async def test_more_members_than_anybody_has_are_not_all_asked() -> None:
    """A collection of a thousand systems is read as far as is sane, and the rest told of."""
    told = service()
    many = [f"/redfish/v1/Systems/{number}" for number in range(1000)]
    told["/redfish/v1/Systems"] = {"Members": [{"@odata.id": link} for link in many]}
    told |= {link: {"PowerState": "On"} for link in many}
    async with served(Peer(told)) as peer, client(peer).asking() as asking:
        found = await discover(asking)
    assert len(found.machines) == MAX_MEMBERS
    assert any("more than" in gap for gap in found.gaps)


async def test_pages_that_never_end_are_turned_a_few_times() -> None:
    """A collection whose next page is itself ends the turning, not the look."""
    told = service()
    told["/redfish/v1/Systems"] = {
        "Members": [{"@odata.id": SYSTEM}],
        "Members@odata.nextLink": "/redfish/v1/Systems",
    }
    async with served(Peer(told)) as peer, client(peer).asking() as asking:
        found = await discover(asking)
        assert len(peer.asked) < 60
    assert [each.link for each in found.machines] == [SYSTEM]


def _half() -> Reply:
    return Reply(raw=b'HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n{"@odata.id": "/redf')


HOSTILE: list[tuple[Reply, type[RedfishError], str]] = [
    (Reply(b"{" * 100_000), Garbled, "no JSON object"),
    (Reply(b'{"a":' * 50_000 + b"1" + b"}" * 50_000), Garbled, "no JSON object"),
    (Reply(b" " * (3 << 20)), Garbled, "more than 1 MiB"),
    (Reply(b"<html><body>Please log in</body></html>"), Garbled, "no JSON object"),
    (Reply([1, 2]), Garbled, "no JSON object"),
    (Reply(b"\xff\xfe\x00"), Garbled, "no JSON object"),
    (Reply({}), Garbled, "not as a Redfish service"),
    (Reply({"error": {"@Message.ExtendedInfo": [{"Message": "Busy\x1b[2J"}]}}), Garbled, r"Busy\x1b[2J"),
    (Reply(b"\x1f\x8b", headers={"content-encoding": "gzip"}), Garbled, "packs its answers"),
    (_half(), Unanswered, "no answer"),
    (Reply(raw=b"SSH-2.0-dropbear\r\n"), Unanswered, "no answer"),
    (Reply(silent=True), Unanswered, "no whole answer within 0.5 s"),
    (Reply({"error": {"message": "who are you"}}, 401), Denied, "401: who are you"),
    (Reply(None, 302, {"location": "https://evil.example/redfish/v1/"}), Garbled, "another host"),
    (Reply(None, 302, {"location": "//evil.example/redfish/v1/"}), Garbled, "another host"),
    (Reply(None, 302, {"location": "http://127.0.0.1/redfish/v1/"}), Garbled, "another host"),
    (Reply(None, 302, {"location": "/redfish/v1/"}), Garbled, "never answers"),
    (Reply(None, 302, {}), Garbled, "leads nowhere"),
]


@pytest.mark.parametrize(("reply", "error", "text"), HOSTILE, ids=range(len(HOSTILE)))
async def test_a_hostile_root_ends_the_look_with_a_sentence(reply: Reply, error: type[RedfishError], text: str) -> None:
    """Huge, half, HTML, nested, packed, silent, denied or led away: a look ends soon, and says why."""
    async with served(Peer(script=lambda _asked: reply)) as peer, client(peer, answer_secs=0.5).asking() as asking:
        with pytest.raises(error) as caught:
            await discover(asking)
        assert len(peer.asked) <= 4
    assert text in str(caught.value)
    assert str(caught.value).isprintable()
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/redfish/v1/Systems",
        "//evil.example/redfish/v1/Systems",
        "https://127.0.0.1:1/redfish/v1/Systems",
        "https://admin@evil.example/x",
        "http://127.0.0.1/x",
        "\\\\evil.example\\x",
        "/\\evil.example/x",
        "/redfish v1",
        "/redfish\r\nX-Evil: 1",
        "https://[::1/x",
        "redfish/v1/Systems",
        "/" + "x" * 4000,
    ],
)
async def test_no_link_leads_to_another_host(link: str) -> None:
    """A link that leads elsewhere, or nowhere, is refused: user and password stay with the BMC they are for."""
    told = service()
    told[ROOT] = {**told[ROOT], "Systems": {"@odata.id": link}}
    async with served(Peer(told)) as peer, client(peer).asking() as asking:
        with pytest.raises(Garbled):
            await discover(asking)
        assert peer.paths() == [ROOT]


async def test_a_redirect_within_the_host_is_followed() -> None:
    """What stands at another path of the same BMC is read there."""
    told = service()
    told["/redfish/v1/"] = Reply(None, 308, {"location": "/redfish/v1"})
    told["/redfish/v1"] = service()[ROOT]
    async with served(Peer(told)) as peer, client(peer).asking() as asking:
        assert (await discover(asking)).redfish == "1.15.0"


async def test_nobody_there_is_no_connection() -> None:
    """A port where nobody listens is told as that, and nothing was sent."""
    peer = Peer()
    async with served(peer):
        pass
    async with client(peer).asking() as asking:
        with pytest.raises(Unreached, match="cannot be reached"):
            await discover(asking)
