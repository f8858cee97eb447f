"""A BMC that answers as a test says, over HTTPS on loopback, and remembers what it was asked."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import trustme
from fabgitops_core.control.rack.bmc.requests import Way
from fabgitops_core.modbus.tls import tls_context
from fabgitops_operator.redfish.client import Credentials, RedfishClient

ROOT = "/redfish/v1/"
WHO = Credentials("admin", "secret")
AUTHORITY = trustme.CA()


@dataclass(frozen=True)
class Reply:
    """One answer; `raw` is sent instead of a whole one, and the connection closed behind it; None sends nothing."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = b""
    silent: bool = False

    def encoded(self) -> bytes:
        """Return what goes over the wire."""
        if self.raw:
            return self.raw
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        body = b"" if self.body is None else body
        lines = [f"HTTP/1.1 {self.status} Said", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


Script = Callable[[Asked], Reply]


@dataclass
class Peer:
    """What it answers: by path, or by a function; and what it was asked."""

    answers: dict[str, Any] = field(default_factory=dict)
    script: Script | None = None
    asked: list[Asked] = field(default_factory=list)
    port: int = 0
    at_once: int = 0
    most_at_once: int = 0

    def reply(self, asked: Asked) -> Reply:
        """Return what a request is answered with."""
        if self.script is not None:
            return self.script(asked)
        found = self.answers.get(asked.path)
        if found is None:
            return Reply({"error": {"message": "not here"}}, 404)
        return found if isinstance(found, Reply) else Reply({"@odata.id": asked.path, **found})

    def paths(self, method: str = "GET") -> list[str]:
        """Return what was asked for by a method, in order."""
        return [each.path for each in self.asked if each.method == method]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer on one connection until it is closed."""
        try:
            while True:
                asked = await _read(reader)
                self.asked.append(asked)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                reply = self.reply(asked)
                await asyncio.sleep(0)
                self.at_once -= 1
                if reply.silent:
                    await reader.read()
                    return
                writer.write(reply.encoded())
                await writer.drain()
                if reply.raw:
                    return
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            return
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, path, headers, json.loads(body) if body else None)


@asynccontextmanager
async def served(peer: Peer, *, name: str = "127.0.0.1", authority: trustme.CA = AUTHORITY) -> AsyncIterator[Peer]:
    """Let a peer answer on a port of its own, with a certificate for a name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0, ssl=context)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()


def ca() -> str:
    """Return the certificate that the peer's is signed by, in PEM."""
    return AUTHORITY.cert_pem.bytes().decode()


def client(peer: Peer, *, who: Credentials = WHO, answer_secs: float = 10.0, **way: Any) -> RedfishClient:
    """Return a client of a peer that trusts it."""
    verify = way.get("verify", True)
    return RedfishClient(Way("127.0.0.1", peer.port, **way), tls_context(ca=ca(), verify=verify), who, answer_secs)


def service(**changes: Any) -> dict[str, Any]:
    """Return a small rack server of our own making: a system, a chassis, a manager, and their interfaces."""
    system, manager, chassis = "/redfish/v1/Systems/A", "/redfish/v1/Managers/B", "/redfish/v1/Chassis/C"
    told: dict[str, Any] = {
        ROOT: {
            "@odata.type": "#ServiceRoot.v1_11_0.ServiceRoot",
            "RedfishVersion": "1.15.0",
            "Systems": {"@odata.id": "/redfish/v1/Systems"},
            "Chassis": {"@odata.id": "/redfish/v1/Chassis"},
            "Managers": {"@odata.id": "/redfish/v1/Managers"},
            "Links": {"Sessions": {"@odata.id": "/redfish/v1/SessionService/Sessions"}},
        },
        "/redfish/v1/Systems": {"Members": [{"@odata.id": system}]},
        "/redfish/v1/Chassis": {"Members": [{"@odata.id": chassis}]},
        "/redfish/v1/Managers": {"Members": [{"@odata.id": manager}]},
        system: {
            "@odata.etag": 'W/"7"',
            "Name": "Web server",
            "Manufacturer": "Contoso",
            "Model": "3500",
            "SerialNumber": "437XR1138R2",
            "UUID": "4C4C4544-0035-5910-8048-B4C04F4E3132",
            "PowerState": "Off",
            "Status": {"Health": "OK", "HealthRollup": "Warning"},
            "ProcessorSummary": {"Count": 2, "Model": "Xeon"},
            "MemorySummary": {"TotalSystemMemoryGiB": 96},
            "IndicatorLED": "Off",
            "EthernetInterfaces": {"@odata.id": f"{system}/EthernetInterfaces"},
            "Links": {"ManagedBy": [{"@odata.id": manager}], "Chassis": [{"@odata.id": chassis}]},
            "Actions": {
                "#ComputerSystem.Reset": {
                    "target": f"{system}/Actions/ComputerSystem.Reset",
                    "@Redfish.ActionInfo": f"{system}/ResetActionInfo",
                }
            },
        },
        f"{system}/ResetActionInfo": {
            "Parameters": [{"Name": "ResetType", "AllowableValues": ["On", "ForceOff", "GracefulShutdown"]}]
        },
        f"{system}/EthernetInterfaces": {"Members": [{"@odata.id": f"{system}/EthernetInterfaces/1"}]},
        f"{system}/EthernetInterfaces/1": {
            "PermanentMACAddress": "00:25:90:AA:00:01",
            "MACAddress": "02:00:00:00:00:09",
        },
        manager: {
            "FirmwareVersion": "2.90",
            "UUID": "58893887-8974-2487-2389-841168418919",
            "Status": {"Health": "OK"},
            "EthernetInterfaces": {"@odata.id": f"{manager}/EthernetInterfaces"},
        },
        f"{manager}/EthernetInterfaces": {"Members": [{"@odata.id": f"{manager}/EthernetInterfaces/1"}]},
        f"{manager}/EthernetInterfaces/1": {"MACAddress": "00-25-90-BB-00-01"},
        chassis: {
            "ChassisType": "RackMount",
            "Manufacturer": "Contoso",
            "Model": "3500RX",
            "SerialNumber": "437XR1138R3",
            "PowerState": "On",
            "Status": {"Health": "Critical"},
            "Location": {"Placement": {"Row": "North", "Rack": "WEB43", "RackOffset": 12}},
        },
    }
    return {**told, **{path.replace("_", "/"): answer for path, answer in changes.items()}}
