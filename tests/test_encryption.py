"""The ring of keys, and payloads that are encrypted with it."""

import json
from base64 import b64decode, b64encode
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload

from signoff.codec import ENCODING, EncryptionCodec, decoded_document, encoded_document
from signoff.domain import names
from signoff.domain.errors import UnreadableError
from signoff.encryption import KeyRing, Sealed, new_entry

OLD, NEW = new_entry("old"), new_entry("new")
RING = KeyRing.parse([NEW, OLD])
KEY = b64encode(bytes(32)).decode()


@given(st.binary(max_size=2_000), st.text(alphabet="abc/.-_0", max_size=50))
def test_what_is_sealed_is_opened_again(data: bytes, purpose: str) -> None:
    assert RING.open(RING.seal(data, purpose), purpose) == data


@given(st.binary(max_size=200), st.data())
def test_no_change_of_a_box_passes(content: bytes, data: st.DataObject) -> None:
    key_id, box = RING.seal(content, "payload")
    place = data.draw(st.integers(0, len(box) - 1))
    flipped = bytes([box[place] ^ data.draw(st.integers(1, 255))])
    with pytest.raises(UnreadableError, match="changed or moved"):
        RING.open(Sealed(key_id, box[:place] + flipped + box[place + 1 :]), "payload")


@given(st.integers(0, 60))
def test_no_part_of_a_box_passes(length: int) -> None:
    key_id, box = RING.seal(bytes(40), "payload")
    with pytest.raises(UnreadableError):
        RING.open(Sealed(key_id, box[:length]), "payload")


def test_no_two_boxes_share_a_nonce() -> None:
    assert len({RING.seal(b"", "payload").box[:12] for _ in range(10_000)}) == 10_000


def test_a_box_is_bound_to_its_purpose_and_its_key_id() -> None:
    twins = KeyRing({"a": bytes(32), "b": bytes(32)})
    sealed = twins.seal(b"x", "object:one")
    for moved, purpose in ((sealed, "object:two"), (Sealed("b", sealed.box), "object:one")):
        with pytest.raises(UnreadableError):
            twins.open(moved, purpose)


def test_the_first_key_encrypts_and_all_decrypt() -> None:
    sealed = KeyRing.parse([OLD]).seal(b"x", "payload")
    assert sealed.key_id == "old"
    assert RING.seal(b"x", "payload").key_id == RING.ids[0] == "new"
    assert RING.open(sealed, "payload") == b"x"


def test_a_key_that_is_missing_is_named_with_those_that_are_there() -> None:
    with pytest.raises(
        UnreadableError, match=r"the key new, which SIGNOFF_ENCRYPTION_KEYS lacks \(it has old\)"
    ) as told:
        KeyRing.parse([OLD]).open(RING.seal(b"x", "payload"), "payload")
    assert (told.value.key_id, told.value.is_missing) == ("new", True)


def test_another_key_under_the_same_id_is_told_from_a_missing_one() -> None:
    with pytest.raises(UnreadableError, match="another key under that id") as told:
        KeyRing.parse([new_entry("new")]).open(RING.seal(b"x", "payload"), "payload")
    assert not told.value.is_missing


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ([KEY], "entry 1 does not begin with an id and ="),
        ([OLD, f"Upper={KEY}"], "entry 2"),
        ([f"{'a' * 33}={KEY}"], "entry 1"),
        (["k1"], "the key of k1 has 0 bytes"),
        (["k1=" + b64encode(bytes(16)).decode()], "the key of k1 has 16 bytes"),
        (["k1=%%%"], "the key of k1 is no base64"),
        ([f"k1={KEY}", new_entry("k1")], "two entries have the id k1"),
        ([f"k1={KEY}", f"k2={KEY}"], "k2 is the key of another entry again"),
    ],
)
def test_an_entry_that_cannot_be_used_is_named_and_its_key_is_not(entries: list[str], told: str) -> None:
    with pytest.raises(ValueError, match=told) as raised:
        KeyRing.parse(entries)
    assert KEY not in str(raised.value)


def test_a_ring_shows_no_key() -> None:
    assert repr(RING) == "KeyRing(new, old)"


def test_the_name_of_the_error_is_the_one_that_histories_carry() -> None:
    assert UnreadableError.__name__ == names.UNREADABLE


@given(st.dictionaries(st.text(max_size=20), st.binary(max_size=50), max_size=4), st.binary(max_size=500))
async def test_a_payload_comes_back_with_its_metadata(metadata: dict[str, bytes], data: bytes) -> None:
    payload = Payload(metadata={**metadata, "encoding": b"json/plain"}, data=data)
    codec = EncryptionCodec(RING)
    encoded = await codec.encode([payload])
    assert set(encoded[0].metadata) == {"encoding", "signoff-key-id"}
    assert encoded[0].metadata["encoding"] == ENCODING
    assert await codec.decode(encoded) == [payload]


@pytest.mark.parametrize("ring", [RING, KeyRing({})])
async def test_a_plain_payload_is_decoded_as_it_is(ring: KeyRing) -> None:
    payload = Payload(metadata={"encoding": b"json/plain"}, data=b"1")
    assert await EncryptionCodec(ring).decode([payload]) == [payload]


async def test_an_empty_ring_encrypts_nothing_and_refuses_what_is_encrypted() -> None:
    payload = Payload(metadata={"encoding": b"json/plain"}, data=b"1")
    empty = EncryptionCodec(KeyRing({}))
    assert await empty.encode([payload]) == [payload]
    encoded = await EncryptionCodec(RING).encode([payload])
    with pytest.raises(UnreadableError, match="not set here"):
        await empty.decode(encoded)


def test_a_document_of_the_codec_protocol_goes_both_ways() -> None:
    plain = '{"payloads": [{"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "MQ=="}]}'
    encoded = encoded_document(RING, plain.encode())
    assert "MQ==" not in encoded
    assert decoded_document(RING, encoded.encode()) == plain


def test_what_no_key_opens_says_which_one_is_missing_and_the_rest_is_decoded() -> None:
    first, second = (encoded_document(KeyRing.parse([key]), b'{"payloads": [{"data": "MQ=="}]}') for key in (NEW, OLD))
    both = json.dumps({"payloads": json.loads(first)["payloads"] + json.loads(second)["payloads"]})
    noted, plain = json.loads(decoded_document(KeyRing.parse([OLD]), both.encode()))["payloads"]
    assert "the key new, which SIGNOFF_ENCRYPTION_KEYS lacks" in json.loads(b64decode(noted["data"]))
    assert b64decode(noted["metadata"]["encoding"]) == b"json/plain"
    assert plain == {"data": "MQ=="}


@pytest.mark.parametrize("document", [b"", b"[]", b'{"payloads": 1}', b"\xff", b"[" * 10_000, b'{"other": "secret"}'])
def test_what_is_no_document_is_refused_without_repeating_it(document: bytes) -> None:
    with pytest.raises(ValueError, match="no document of the form") as raised:
        decoded_document(RING, document)
    assert "secret" not in str(raised.value)


@given(st.lists(st.binary(max_size=200), max_size=20), st.text(alphabet="abc/.-_0", max_size=50))
def test_a_box_in_pieces_is_a_box_and_opens_in_its_place_too(pieces: list[bytes], purpose: str) -> None:
    key_id, box = RING.seal_pieces(pieces, purpose)
    whole = b"".join(box)
    assert RING.open(Sealed(key_id, whole), purpose) == b"".join(pieces)
    assert RING.open_in_place(key_id, BytesIO(b"head" + whole), 4, purpose) == b"".join(pieces)


@given(st.binary(max_size=200), st.data())
def test_no_changed_box_opens_in_its_place(content: bytes, data: st.DataObject) -> None:
    key_id, box = RING.seal(content, "payload")
    place = data.draw(st.integers(0, len(box) - 1))
    flipped = bytes([box[place] ^ data.draw(st.integers(1, 255))])
    for held in (box[:place] + flipped + box[place + 1 :], box[:place]):
        with pytest.raises(UnreadableError, match="changed or moved"):
            RING.open_in_place(key_id, BytesIO(held), 0, "payload")


def test_a_repeatable_box_is_the_same_for_the_same_content_and_key_alone() -> None:
    boxes = [ring.seal(data, "p", is_repeatable=True) for ring in (RING, KeyRing.parse([OLD])) for data in (b"a", b"b")]
    assert RING.seal(b"a", "p", is_repeatable=True) == boxes[0]
    assert len({sealed.box[:12] for sealed in boxes}) == 4
    assert [RING.open(sealed, "p") for sealed in boxes] == [b"a", b"b", b"a", b"b"]
