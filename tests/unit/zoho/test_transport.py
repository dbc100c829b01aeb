"""The transport against a server that says exactly what a test wants it to say."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import gzip
import ssl
from contextlib import asynccontextmanager

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tsh_sync_gui.zoho import transport, wire
from tsh_sync_gui.zoho.transport import LONGEST_HEAD, Transport, _Answer

pytestmark = pytest.mark.asyncio
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
HANG = b""


class Server:
    """Answers each request with the next of *answers*; None closes, HANG says nothing more."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.lines = 0

    async def serve(self, reader, writer):
        self.lines += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next((int(one[16:]) for one in head.split(b"\r\n") if one.startswith(b"Content-Length: ")), 0)
                self.requests.append(head + await reader.readexactly(length))
                for part in self.answers.pop(0):
                    if part is None:
                        return
                    writer.write(part)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def served(*answers, trust=None, certificate=None, **options):
    server = Server(*answers)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=certificate)
    port = listening.sockets[0].getsockname()[1]
    transport = Transport(trust=trust or ssl.create_default_context(), limits=wire.LIMITS)
    base = f"{'https' if certificate else 'http'}://localhost:{port}"
    async with httpx.AsyncClient(transport=transport, base_url=base, timeout=options.pop("timeout", 5.0)) as client:
        try:
            yield server, client
        finally:
            listening.close()


async def test_a_request_arrives_whole_and_the_line_is_used_again():
    async with served([OK], [OK]) as (server, client):
        first = await client.get("/items", params={"page": "1"}, headers={"Authorization": "token"})
        second = await client.post("/token", data={"a": "ü"})

    assert (first.status_code, first.text, second.text) == (200, "hi", "hi")
    assert server.requests[0].startswith(b"GET /items?page=1 HTTP/1.1\r\nHost: localhost:")
    assert b"\r\nAuthorization: token\r\n" in server.requests[0]
    assert server.requests[1].endswith(b"\r\n\r\na=%C3%BC")
    assert server.lines == 1


async def test_requests_at_once_have_a_line_each_and_keep_it():
    async with served(*[[OK]] * 6) as (server, client):
        await asyncio.gather(*(client.get("/") for _ in range(3)))
        await asyncio.gather(*(client.get("/") for _ in range(3)))

    assert server.lines == 3


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n", b"2\r\nlo\r\n0\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Len", b"gth: 5\r\n\r\nhel", b"lo"],
        [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"],
        [b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhel", b"lo", None],
        [b"HTTP/1.0 200 OK\r\n\r\nhello", None],
        [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(b"hello"), None],
    ],
)
async def test_a_body_is_whole_however_it_is_sent(pieces):
    async with served(pieces, [OK]) as (_, client):
        answer = await client.get("/")
        after = await client.get("/")

    assert (answer.status_code, answer.text, after.text) == (200, "hello", "hi")


async def test_an_answer_without_a_body_needs_no_end_of_line():
    async with served([b"HTTP/1.1 204 No Content\r\n\r\n"], [OK]) as (_, client):
        answer = await client.get("/")

    assert (answer.status_code, answer.content) == (204, b"")


async def test_large_answers_are_whole():
    body = bytes(range(256)) * 40_000
    async with served([b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body), body]) as (_, client):
        answer = await client.get("/")

    assert answer.content == body


@pytest.mark.parametrize(
    ("pieces", "error"),
    [
        ([None], httpx.RemoteProtocolError),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", None], httpx.RemoteProtocolError),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", None], httpx.RemoteProtocolError),
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], httpx.RemoteProtocolError),
        ([b"HTTP/1.1 200 OK\r\nX: " + b"x" * (LONGEST_HEAD + 1) + b"\r\n\r\n"], httpx.RemoteProtocolError),
        ([b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"], httpx.DecodingError),
    ],
)
async def test_a_broken_answer_is_an_error_of_httpx_and_costs_its_line_only(pieces, error):
    async with served(pieces, [OK]) as (_, client):
        with pytest.raises(error):
            await client.get("/")
        after = await client.get("/")

    assert after.text == "hi"


async def test_a_second_answer_to_one_request_is_not_mixed_with_the_first():
    second = b"HTTP/1.1 500 Oops\r\nX: 1\r\nContent-Length: 3\r\n\r\ntwo"
    async with served([OK + second], [OK]) as (server, client):
        answers = [await client.get("/") for _ in range(2)]

    assert [(one.status_code, one.text, "x" in one.headers) for one in answers] == [(200, "hi", False)] * 2
    assert server.lines == 2


async def test_nothing_of_an_answer_waits_for_the_collector():
    async with served([OK], [OK]) as (_, client):
        await client.get("/")
        gc.collect()
        gc.disable()
        try:
            await client.get("/")
            left = [one for one in gc.get_objects() if isinstance(one, _Answer)]
        finally:
            gc.enable()

    assert left == []


async def test_silence_is_a_timeout_and_a_slow_answer_is_none():
    async with served([b"HTTP/1.1 200 OK\r\n", HANG], timeout=0.2) as (_, client):
        with pytest.raises(httpx.ReadTimeout):
            await client.get("/")


async def test_nobody_there_is_a_connect_error():
    transport = Transport(trust=ssl.create_default_context(), limits=wire.LIMITS)
    async with httpx.AsyncClient(transport=transport) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get("http://127.0.0.1:1/")


async def test_a_line_that_the_server_closed_is_not_used_again():
    async with served([OK, None], [OK]) as (server, client):
        await client.get("/")
        while client._transport._idle[0].is_open:  # noqa: ASYNC110 -- the server's closing arrives by itself
            await asyncio.sleep(0.001)
        answer = await client.get("/")

    assert (answer.text, server.lines) == ("hi", 2)


async def test_a_cancelled_request_closes_its_line():
    async with served([HANG], [OK]) as (server, client):
        asking = asyncio.create_task(client.get("/"))
        while not server.requests:  # noqa: ASYNC110 -- the request arrives by itself
            await asyncio.sleep(0.001)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        answer = await client.get("/")

    assert (answer.text, server.lines) == ("hi", 2)


async def test_a_value_never_becomes_a_line_of_its_own():
    async with served([OK]) as (server, client):
        with pytest.raises(httpx.LocalProtocolError):
            await client.get("/", headers={"Authorization": "token\r\nX-Evil: 1"})

    assert server.requests == []


async def test_an_unknown_certificate_is_refused_and_a_trusted_one_speaks(tmp_path):
    certificate = _certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
    async with served([OK], certificate=certificate) as (_, client):
        with pytest.raises(httpx.ConnectError):
            await client.get("/")
    async with served([OK], [OK], certificate=certificate, trust=trusting) as (server, client):
        answers = [await client.get("/"), await client.get("/")]

    assert ([one.text for one in answers], server.lines) == (["hi", "hi"], 1)


async def test_through_a_proxy_httpx_goes_its_own_way(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    far, near = wire.open_client("https://www.zohoapis.com"), wire.open_client("http://127.0.0.1:1")
    async with far, near:
        ways = [type(client._transport_for_url(client.base_url)) for client in (far, near)]

    assert ways == [httpx.AsyncHTTPTransport, Transport]


def _certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context


async def test_an_answer_without_an_end_does_not_fill_the_memory(monkeypatch):
    monkeypatch.setattr(transport, "LONGEST_BODY", 100_000)
    endless = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"2710\r\n" + b"x" * 10_000 + b"\r\n"] * 12]
    async with served(endless, [OK]) as (server, client):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/")
        after = await client.get("/")

    assert (after.text, server.lines) == ("hi", 2)


async def test_a_server_that_takes_nothing_of_a_request_is_left():
    async def deaf(_reader, writer):
        await asyncio.sleep(5)
        writer.close()

    listening = await asyncio.start_server(deaf, "127.0.0.1", 0, limit=1024)
    patience = httpx.Timeout(30.0, write=0.2)
    address = f"http://localhost:{listening.sockets[0].getsockname()[1]}"
    trust = ssl.create_default_context()
    async with httpx.AsyncClient(transport=Transport(trust=trust, limits=wire.LIMITS), timeout=patience) as client:
        with pytest.raises(httpx.WriteTimeout):
            await client.post(address, content=b"x" * 32_000_000)
    listening.close()
