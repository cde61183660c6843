import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildium_sync.errors import WebhookRejected
from buildium_sync.webhooks import signature
from buildium_sync.webhooks.signature import verify

SIGNING_KEY = "current"
NOW = 1_795_356_000
BODY = '{"EventName":"Rental.Updated","AccountId":1,"PropertyId":23,"Note":"Müller"}'.encode()

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
documents = st.dictionaries(st.text(), json_values, min_size=1)


def sign(body: bytes, timestamp: str = str(NOW), secret: str = SIGNING_KEY) -> str:
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return base64.b64encode(signed.digest()).decode()


def headers(body: bytes = BODY, timestamp: str = str(NOW), **names: str) -> dict[str, str]:
    return {
        "buildium-webhook-signature": sign(body, timestamp),
        "buildium-webhook-timestamp": timestamp,
        **{f"buildium-webhook-{name}": value for name, value in names.items()},
    }


def compact(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def check(
    given_headers: dict[str, str],
    body: bytes = BODY,
    secrets: tuple[str, ...] = (SIGNING_KEY,),
    now: float = NOW,
    tolerance: float = 7200,
) -> float:
    return verify(given_headers, body, lambda: secrets, now=now, tolerance_seconds=tolerance)


anything = st.text(st.characters(codec=None), max_size=40)
header_sets = st.dictionaries(
    st.sampled_from(["buildium-webhook-signature", "Buildium-Webhook-Timestamp", "buildium-webhook-timestamp"])
    | anything,
    anything | st.sampled_from([str(NOW), f"{NOW}000", "9" * 16, "0", "-0", "", sign(BODY)]),
)


class TestSignedForms:
    def test_a_body_signed_as_received_is_accepted(self) -> None:
        assert check(headers()) == NOW

    @settings(max_examples=50)
    @given(document=documents)
    def test_a_body_signed_in_compact_form_is_accepted(self, document: dict[str, Any]) -> None:
        spaced = json.dumps(document, indent=2, ensure_ascii=False).encode()

        check(headers(compact(document)), spaced)

    def test_escaped_characters_are_accepted_in_compact_form(self) -> None:
        assert check(headers(), json.dumps(json.loads(BODY)).encode()) == NOW

    def test_a_signature_of_the_spaced_form_rejects_the_compact_form(self) -> None:
        spaced = json.dumps(json.loads(BODY), indent=2).encode()

        with pytest.raises(WebhookRejected, match="signature_mismatch"):
            check(headers(spaced), BODY)

    @settings(max_examples=50)
    @given(document=st.dictionaries(st.text(), json_values, min_size=2))
    def test_reordered_fields_are_rejected(self, document: dict[str, Any]) -> None:
        reordered = dict(reversed(document.items()))

        with pytest.raises(WebhookRejected, match="signature_mismatch"):
            check(headers(compact(document)), compact(reordered))


class TestTampering:
    @given(bit=st.integers(0, len(BODY) * 8 - 1))
    def test_one_flipped_bit_in_the_body_is_rejected(self, bit: int) -> None:
        changed = bytearray(BODY)
        changed[bit // 8] ^= 1 << (bit % 8)

        with pytest.raises(WebhookRejected, match="signature_mismatch"):
            check(headers(), bytes(changed))

    @given(bit=st.integers(0, 44 * 8 - 1))
    def test_one_flipped_bit_in_the_signature_is_rejected(self, bit: int) -> None:
        changed = bytearray(headers()["buildium-webhook-signature"].encode())
        changed[bit // 8] ^= 1 << (bit % 8)

        with pytest.raises(WebhookRejected):
            check(headers(signature=changed.decode("latin-1")))

    @given(signature=st.text(st.characters(codec=None), min_size=1))
    def test_an_arbitrary_signature_header_is_rejected(self, signature: str) -> None:
        with pytest.raises(WebhookRejected):
            check(headers(signature=signature))

    @settings(max_examples=150)
    @given(given_headers=header_sets, body=st.binary() | st.just(BODY), secrets=st.lists(st.text(max_size=40)))
    def test_an_arbitrary_request_raises_only_a_rejection(
        self, given_headers: dict[str, str], body: bytes, secrets: list[str]
    ) -> None:
        with pytest.raises(WebhookRejected):
            check(given_headers, body, tuple(secrets))

    @settings(max_examples=40)
    @given(document=documents, change=st.data())
    def test_a_signature_is_bound_to_document_time_and_secret(
        self, document: dict[str, Any], change: st.DataObject
    ) -> None:
        body = compact(document)
        other = change.draw(documents.filter(lambda drawn: compact(drawn) != body))
        later = change.draw(st.integers(1, 10**9))

        assert check(headers(body), body) == NOW
        postdated = headers(body, timestamp=str(NOW + later)) | {"buildium-webhook-signature": sign(body)}
        forged: list[tuple[dict[str, str], bytes, tuple[str, ...]]] = [
            (headers(body), compact(other), (SIGNING_KEY,)),
            (headers(body), json.dumps(other, indent=1).encode(), (SIGNING_KEY,)),
            (postdated, body, (SIGNING_KEY,)),
            (headers(body), body, (SIGNING_KEY + "x", SIGNING_KEY[:-1], SIGNING_KEY.upper())),
        ]
        for request in forged:
            with pytest.raises(WebhookRejected):
                check(*request)


class TestUnparsableBodies:
    @given(body=st.binary())
    def test_arbitrary_signed_body_bytes_are_accepted(self, body: bytes) -> None:
        assert check(headers(body), body) == NOW

    @pytest.mark.parametrize("body", [b"[" * 100_000, b"\xff", b'{"a":NaN', b"9" * 5000])
    def test_an_unsigned_unparsable_body_is_rejected(self, body: bytes) -> None:
        with pytest.raises(WebhookRejected, match="signature_mismatch"):
            check(headers(), body)


class TestSecrets:
    @pytest.mark.parametrize("secrets", [(), ("",)])
    def test_a_missing_secret_is_rejected_despite_an_empty_key_signature(
        self,
        secrets: tuple[str, ...],
    ) -> None:
        with pytest.raises(WebhookRejected, match="secret_missing"):
            check(headers(signature=sign(BODY, secret="")), secrets=secrets)

    def test_an_empty_second_secret_is_never_accepted(self) -> None:
        with pytest.raises(WebhookRejected, match="signature_mismatch"):
            check(headers(signature=sign(BODY, secret="")), secrets=(SIGNING_KEY, ""))

    @pytest.mark.parametrize("secrets", [("new", SIGNING_KEY), (SIGNING_KEY, "old")])
    def test_both_secrets_are_accepted_during_a_rotation(self, secrets: tuple[str, ...]) -> None:
        assert check(headers(), secrets=secrets) == NOW

    def test_a_revoked_secret_is_rejected(self) -> None:
        with pytest.raises(WebhookRejected, match="signature_mismatch"):
            check(headers(), secrets=("new",))


class TestHeaders:
    @pytest.mark.parametrize("missing", ["signature", "timestamp"])
    @pytest.mark.parametrize("empty", [True, False])
    def test_a_missing_header_is_rejected(self, missing: str, empty: bool) -> None:
        incomplete = headers()
        del incomplete[f"buildium-webhook-{missing}"]
        if empty:
            incomplete[f"buildium-webhook-{missing}"] = " "

        with pytest.raises(WebhookRejected, match=f"{missing}_missing"):
            check(incomplete)

    def test_header_names_are_case_insensitive(self) -> None:
        assert check({name.title(): value for name, value in headers().items()}) == NOW

    @pytest.mark.parametrize("sent", ["x", "é" * 44, "A" * 44, "A" * 45, f"{'A' * 43}-", f"{'A' * 44}="])
    def test_a_malformed_signature_is_rejected(self, sent: str) -> None:
        with pytest.raises(WebhookRejected, match="signature_malformed"):
            check(headers() | {"buildium-webhook-signature": sent})

    @pytest.mark.parametrize(
        "changes",
        [
            {"buildium-webhook-signature": "x"},
            {"buildium-webhook-timestamp": "now"},
            {"buildium-webhook-timestamp": str(NOW - 7201)},
            {"buildium-webhook-timestamp": str(NOW + 301)},
        ],
    )
    def test_cheap_checks_come_before_the_hmac(self, changes: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(signature, "_is_signed", lambda *_: pytest.fail("an HMAC was computed"))
        with pytest.raises(WebhookRejected):
            check(headers() | changes)


class TestTimestamp:
    def test_a_timestamp_may_be_in_milliseconds(self) -> None:
        assert check(headers(timestamp=f"{NOW}250")) == NOW + 0.25

    def test_the_signature_covers_the_timestamp(self) -> None:
        with pytest.raises(WebhookRejected, match="signature_mismatch"):
            check(headers() | {"buildium-webhook-timestamp": str(NOW + 1)})

    @pytest.mark.parametrize(("age", "tolerance"), [(7200, 7200), (60, 60), (-300, 7200)])
    def test_a_request_within_the_tolerance_is_accepted(self, age: int, tolerance: int) -> None:
        assert check(headers(timestamp=str(NOW - age)), tolerance=tolerance) == NOW - age

    @pytest.mark.parametrize(
        ("age", "tolerance", "reason"),
        [(7201, 7200, "too_old"), (61, 60, "too_old"), (-301, 7200, "in_future")],
    )
    def test_a_request_outside_the_tolerance_is_rejected(self, age: int, tolerance: int, reason: str) -> None:
        with pytest.raises(WebhookRejected, match=reason):
            check(headers(timestamp=str(NOW - age)), tolerance=tolerance)

    @pytest.mark.parametrize("timestamp", ["now", "-1", "1e9", "1795356000.5", "٣٣", "9" * 17, "nan"])
    def test_a_signed_timestamp_other_than_unix_time_is_rejected(self, timestamp: str) -> None:
        with pytest.raises(WebhookRejected, match="timestamp_invalid"):
            check(headers(timestamp=timestamp))
