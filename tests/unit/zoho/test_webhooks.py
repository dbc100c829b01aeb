"""Signatures of webhook deliveries: the documented example, and a diagnosis of its own for each typical mistake."""

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr

from tsh_sync_gui.engine.ports.inbox import Delivery
from tsh_sync_gui.zoho.webhooks import diagnosis_of, joined, material, parse_pairs, proven_by, to_keep

SECRET = SecretStr("Geheimnis2026abc")
QUERY = (("subscription_id", "90343"), ("name", "basic"))
BODY = b'{"created_date":"2019-03-06","event_id":"5675"}'
# What Zoho's documentation says is signed for this address and body.
SIGNED = b'namebasicsubscription_id90343{"created_date":"2019-03-06","event_id":"5675"}'
HEADER = "x-zoho-webhook-signature"


def mac(text, secret=SECRET, *, algorithm="sha256"):
    return hmac.new(secret.get_secret_value().encode(), text, getattr(hashlib, algorithm)).digest()


def delivery(signature="", *, body=BODY, query=QUERY, content_type="application/json", **headers):
    found = {HEADER: signature} if signature else {}
    return Delivery(
        address="/api/webhooks/zoho", body=body, query=query, content_type=content_type, headers=found | headers
    )


def cause(one, secrets=(SECRET,), **more):
    assert not proven_by(one, secrets, header=more.get("header", ""))
    return diagnosis_of(one, secrets, **more)["cause"]


def test_the_documented_example_signs_what_the_documentation_says():
    assert material(delivery()) == SIGNED


@pytest.mark.parametrize(
    ("written", "scheme"),
    [
        (mac(SIGNED).hex(), "hex"),
        (mac(SIGNED).hex().upper(), "hex"),
        (base64.b64encode(mac(SIGNED)).decode(), "base64"),
        (base64.urlsafe_b64encode(mac(SIGNED)).decode().rstrip("="), "base64"),
        (f"  {mac(SIGNED).hex()} ", "hex"),
    ],
)
def test_the_documented_example_is_accepted_in_hex_and_in_base64(written, scheme):
    assert proven_by(delivery(written), [SECRET]) == scheme


def test_a_form_is_signed_decoded_and_sorted_with_the_parameters():
    body = b"name=%D8%A8%D8%BA%D8%AF%D8%A7%D8%AF&event=item+created&a="
    text = "aeventitem creatednameبغدادz1".encode()
    one = delivery(mac(text).hex(), body=body, query=(("z", "1"),), content_type="application/x-www-form-urlencoded")

    assert proven_by(one, [SECRET])


def test_json_under_a_forms_content_type_is_signed_as_json():
    one = delivery(mac(SIGNED).hex(), content_type="application/x-www-form-urlencoded; charset=UTF-8")

    assert proven_by(one, [SECRET])


def test_the_previous_secret_is_valid_beside_the_present_one():
    one = delivery(mac(SIGNED).hex())

    assert proven_by(one, [SecretStr("AnotherSecret1"), SECRET]) == "hex, previous secret"


def test_a_secret_header_takes_the_signatures_place():
    right = delivery(**{"x-tsh-secret": SECRET.get_secret_value()})

    assert proven_by(right, [SECRET], header="X-TSH-Secret")
    assert not proven_by(delivery(mac(SIGNED).hex()), [SECRET], header="X-TSH-Secret")


MISTAKES = {
    "no secret is set": (delivery(mac(SIGNED).hex()), (), "No webhook secret is set here"),
    "no signature": (delivery(), (SECRET,), "The delivery has no signature"),
    "another secret": (
        delivery(mac(SIGNED, SecretStr("another-secret")).hex()),
        (SECRET,),
        "No scheme matches: the secrets differ, or the body was changed on the way",
    ),
    "the secret itself": (
        delivery(SECRET.get_secret_value()),
        (SECRET,),
        "The header holds the secret itself, not a signature",
    ),
    "a prefix": (
        delivery(f"sha256={mac(SIGNED).hex()}"),
        (SECRET,),
        "The signature has a prefix that Zoho Books does not write",
    ),
    "SHA-1": (
        delivery(mac(SIGNED, algorithm="sha1").hex()),
        (SECRET,),
        "The signature has the length of SHA-1 in hex, not of SHA-256",
    ),
    "SHA-512": (
        delivery(base64.b64encode(mac(SIGNED, algorithm="sha512")).decode()),
        (SECRET,),
        "The signature has the length of SHA-512 in Base64, not of SHA-256",
    ),
    "hex in Base64": (
        delivery(base64.b64encode(mac(SIGNED).hex().encode()).decode()),
        (SECRET,),
        "The signature is the Base64 of a hex text",
    ),
    "cut off": (delivery(mac(SIGNED).hex()[:30]), (SECRET,), "The signature has not the length of SHA-256"),
    "a space behind": (
        delivery(mac(SIGNED, SecretStr(SECRET.get_secret_value() + " ")).hex()),
        (SECRET,),
        "The secret in Zoho has a space at the end",
    ),
    "a space before": (
        delivery(mac(SIGNED, SecretStr(" " + SECRET.get_secret_value())).hex()),
        (SECRET,),
        "The secret in Zoho has a space at the start",
    ),
    "a line break": (
        delivery(mac(SIGNED, SecretStr(SECRET.get_secret_value() + "\n")).hex()),
        (SECRET,),
        "The secret in Zoho has a line break at the end",
    ),
    "small letters": (
        delivery(mac(SIGNED, SecretStr(SECRET.get_secret_value().lower())).hex()),
        (SECRET,),
        "The secret in Zoho is written in small letters",
    ),
    "parameters left out": (delivery(mac(BODY).hex()), (SECRET,), "Signed without the address's parameters"),
    "body left out": (
        delivery(mac(b"namebasicsubscription_id90343").hex()),
        (SECRET,),
        "Signed without the body",
    ),
    "unsorted": (
        delivery(mac(b"subscription_id90343namebasic" + BODY).hex()),
        (SECRET,),
        "The parameters were signed unsorted",
    ),
    "form not decoded": (
        delivery(
            mac(b"a=%20b&c=d").hex(),
            body=b"a=%20b&c=d",
            query=(),
            content_type="application/x-www-form-urlencoded",
        ),
        (SECRET,),
        "Signed without the address's parameters",
    ),
    "a line break at the end of the body": (
        delivery(mac(SIGNED).hex(), body=BODY + b"\n"),
        (SECRET,),
        "The body got a line break at its end",
    ),
    "JSON written anew": (
        delivery(mac(SIGNED).hex(), body=json.dumps(json.loads(BODY)).encode()),
        (SECRET,),
        "The JSON of the body was written anew on the way",
    ),
}


@pytest.mark.parametrize(("one", "secrets", "words"), MISTAKES.values(), ids=MISTAKES)
def test_each_typical_mistake_has_its_own_diagnosis(one, secrets, words):
    assert cause(one, secrets) == words


def test_a_secret_whose_time_is_over_is_named():
    assert cause(delivery(mac(SIGNED).hex()), [SecretStr("AnotherSecret1")], expired=[SECRET]) == (
        "Signed with the previous secret, whose 24 hours are over"
    )


def test_a_long_body_is_not_written_anew_to_say_what_is_wrong_with_its_signature():
    """That would keep good deliveries waiting, and anybody can send one."""
    long = b'{"a": [' + b'"x", ' * 20_000 + b'"y"]}'
    secret = SecretStr("Another secret 1")

    found = diagnosis_of(delivery(mac(long, secret).hex(), body=long, query=()), [SECRET])

    assert found["cause"].startswith("No scheme matches")
    assert {one["scheme"] for one in found["tried"]} & {"encoded parameters", "JSON without spaces"} == set()


def test_a_diagnosis_shows_what_was_tried_and_where_it_differs_but_no_whole_signature():
    wrong = mac(SIGNED).hex()[:-1] + ("0" if mac(SIGNED).hex()[-1] != "0" else "1")

    found = diagnosis_of(delivery(wrong), [SECRET])

    assert found["header"] == {"present": True, "length": 64, "encoding": "hex"}
    assert found["tried"][0]["scheme"] == "as documented"
    assert found["tried"][0]["first_difference"] == 63
    assert mac(SIGNED).hex() not in json.dumps(found)
    assert SECRET.get_secret_value() not in json.dumps(found)


def test_of_a_secret_that_was_sent_as_it_is_nothing_is_shown_or_kept():
    secret, other = SECRET.get_secret_value(), "An0therSecretOfSomebody"
    plain = delivery(secret, query=(("token", f"x{secret}"), ("event", "deleted")), **{"x-copy": secret})
    foreign = delivery(other)

    kept = to_keep(plain, [SECRET])

    assert secret not in repr(kept)
    assert dict(kept.query)["event"] == "deleted"
    assert other not in repr(to_keep(foreign, [SECRET]))
    assert to_keep(delivery(mac(SIGNED).hex()), [SECRET]).headers["x-zoho-webhook-signature"] == mac(SIGNED).hex()
    for one, known in ((plain, SECRET), (foreign, SECRET), (delivery("a" * 43), SecretStr("a" * 43))):
        found = json.dumps(diagnosis_of(one, [known]))
        assert secret[:8] not in found
        assert other[:8] not in found
        assert "a" * 8 not in found


def test_a_wrong_secret_header_is_diagnosed():
    spaced = delivery(**{"x-s": f" {SECRET.get_secret_value()} "})
    other = delivery(**{"x-s": "nothing like it"})

    assert cause(spaced, header="X-S") == "The value of X-S has spaces around the secret"
    assert cause(delivery(), header="X-S") == "The delivery has no header X-S"
    assert cause(other, header="X-S") == "The value of X-S is another secret"


_WORDS = st.text(st.characters(codec="utf-8"), max_size=9)


@given(
    body=st.binary(max_size=300),
    query=st.binary(max_size=40).map(parse_pairs),
    signature=st.text(max_size=80) | st.just("0" * 64),
    form=st.booleans(),
)
@example(body=b"{}", query=parse_pairs(b"a=%ff"), signature="0" * 64, form=False)
def test_no_delivery_breaks_the_verification(body, query, signature, form):
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    one = delivery(signature, body=body, query=tuple(query), content_type=kind)

    assert not proven_by(one, [SECRET])
    json.dumps(diagnosis_of(one, [SECRET]))


def test_a_diagnosis_names_parameters_however_long_they_are():
    form = delivery(mac(b"").hex(), body=b"k" * 500_000 + b"=1", content_type="application/x-www-form-urlencoded")

    assert len(json.dumps(diagnosis_of(form, [SECRET]))) < 5_000


@given(
    body=st.binary(max_size=300),
    query=st.lists(st.tuples(_WORDS, _WORDS), max_size=4),
    form=st.booleans(),
    encoded=st.booleans(),
)
def test_what_is_signed_as_documented_is_accepted(body, query, form, encoded):
    kind = "application/x-www-form-urlencoded" if form else "application/json"
    query = tuple(
        (key.encode("utf-8", "replace").decode(), value.encode("utf-8", "replace").decode()) for key, value in query
    )
    is_form = form and body.lstrip()[:1] not in {b"{", b"["}
    text = joined((*query, *parse_pairs(body))) if is_form else joined(query) + body
    digest = mac(text)
    written = base64.b64encode(digest).decode() if encoded else digest.hex()

    assert proven_by(delivery(written, body=body, query=query, content_type=kind), [SECRET])
