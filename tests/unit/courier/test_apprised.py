"""Alerts on their way: to a real HTTP receiver, and how an address stays a secret."""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tsh_sync_gui.core import log
from tsh_sync_gui.core.errors import ConfigurationError, TransientError
from tsh_sync_gui.core.settings import validated
from tsh_sync_gui.courier import apprised
from tsh_sync_gui.courier.apprised import AppriseCourier, secrets_in, shown
from tsh_sync_gui.engine.ports.alerts import Severity


@pytest.fixture
def receiver():
    """A chat's web hook; `status` is what it answers."""

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.got.append((self.path, json.loads(body)))
            self.send_response(self.server.status)
            self.end_headers()

        def log_message(self, *_words):
            return

    server = HTTPServer(("127.0.0.1", 0), Hook)
    server.got, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def courier_to(*addresses):
    settings = validated({"alerts_to": " ".join(addresses)})
    return AppriseCourier(lambda: settings)


def send(courier, target, **changes):
    words = {"title": "TSH Sync: Failed", "body": "Look at it.", "severity": Severity.GRAVE}
    asyncio.run(courier.send(target, **(words | changes)))


def test_an_alert_reaches_its_receiver_without_the_secrets_that_are_in_it(receiver):
    log.conceal(["a-hidden-thing"])
    courier = courier_to(f"json://127.0.0.1:{receiver.server_port}/a-long-token")
    [target] = courier.targets()

    send(courier, target.key, body="It said a-hidden-thing.")

    [(path, got)] = receiver.got
    assert path == "/a-long-token"
    assert (got["title"], got["type"]) == ("TSH Sync: Failed", "failure")
    assert "a-hidden-thing" not in got["message"]
    assert target.shown == "json://127.0.0.1"


def test_markup_in_a_records_name_stays_text(monkeypatch):
    mails = []
    monkeypatch.setattr("apprise.plugins.email.NotifyEmail.send", lambda _self, **mail: mails.append(mail) or True)
    courier = courier_to("mailto://somebody:word@example.com")

    send(courier, courier.targets()[0].key, body="Rice <b>5 kg</b>\nand more")

    [mail] = mails
    assert (mail["body"], mail["body_format"]) == ("Rice <b>5 kg</b>\nand more", "text")


def test_a_receiver_that_refuses_is_named_without_its_token(receiver):
    receiver.status = 500
    courier = courier_to(f"json://127.0.0.1:{receiver.server_port}/another-long-token")

    with pytest.raises(TransientError, match=r"json://127\.0\.0\.1") as refused:
        send(courier, courier.targets()[0].key)

    assert "another-long-token" not in f"{refused.value} {refused.value.cause}"


def test_a_receiver_that_never_ends_holds_up_neither_other_work_nor_the_programs_end(monkeypatch):
    ends = threading.Event()
    monkeypatch.setattr(apprised, "_SECONDS", 0.05)
    monkeypatch.setattr(apprised, "_send", lambda *_words: "late" if ends.wait(60) else "")
    courier = courier_to("json://127.0.0.1/x")
    (target,) = courier.targets()

    async def many():
        faults = []
        for _ in range(6):
            with pytest.raises(TransientError) as raised:
                await courier.send(target.key, title="t", body="b", severity=Severity.NOTE)
            faults.append(raised.value.title)
        return faults, await asyncio.to_thread(str, 7)

    faults, other = asyncio.run(many())
    ends.set()

    assert other == "7"
    assert ["still on their way" in one for one in faults] == [False] * 4 + [True] * 2


def test_a_receiver_that_is_not_there_is_told_with_the_reason():
    courier = courier_to("json://127.0.0.1:9/another-long-token")

    with pytest.raises(TransientError) as failed:
        send(courier, courier.targets()[0].key)

    assert "Connection error" in failed.value.cause
    assert "refused it" in failed.value.cause or "Connection refused" in failed.value.cause
    assert apprised.doubtful("json://127.0.0.1/x nosuchkind://somewhere") == ("nosuchkind://…",)


def test_an_unknown_kind_of_address_and_one_that_is_gone_are_told():
    courier = courier_to("nosuchkind://somewhere")

    with pytest.raises(TransientError, match="nosuchkind"):
        send(courier, courier.targets()[0].key)
    with pytest.raises(ConfigurationError, match="no such address"):
        send(courier, "0123456789ab")


@pytest.mark.parametrize(
    ("address", "public", "secret"),
    [
        ("mailtos://amal:pass-word@mail.example.com?to=boss@example.com", "mailtos://mail.example.com", "pass-word"),
        ("tgram://123456789:AAtoken-of-a-bot/987654", "tgram://…", "123456789:AAtoken-of-a-bot"),
        ("slack://TokenA12345/TokenB12345/TokenC12345", "slack://…", "TokenB12345"),
        ("mailtos://x.example.com?user=a&pass=p%20wort", "mailtos://x.example.com", "p wort"),
    ],
)
def test_an_address_is_shown_by_kind_and_host_and_its_secrets_are_known(address, public, secret):
    assert shown(address) == public
    assert secret in secrets_in(address)


def test_what_is_concealed_never_comes_into_a_log_again():
    courier_to("slack://SecretA12345/SecretB12345/SecretC12345").targets()

    assert "Secret" not in log.redact("slack://SecretA12345/SecretB12345/SecretC12345 and SecretC12345")


@pytest.mark.parametrize("text", ["me@host", "mailto:me@host", "://x", "mailto://ok word"])
def test_what_is_no_address_is_refused_without_repeating_it(text):
    with pytest.raises(ConfigurationError, match="TSH_ALERTS_TO") as refused:
        validated({"alerts_to": text})

    assert text not in str(refused.value)
