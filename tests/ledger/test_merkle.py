"""The tree, the notes and the canonical form against published vectors, against one another, and against themselves."""

import base64
import hashlib
import itertools
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from deploy.verify import zeren_verify as alone
from ledger.evidence.entries import canonical
from ledger.evidence.errors import EvidenceBroken
from ledger.evidence.merkle import (
    CHUNK,
    Frontier,
    Levels,
    consistency_ranges,
    extends,
    includes,
    leaf_hash,
)
from ledger.evidence.notes import VerifyingKey, is_key, read_note
from ledger.evidence.suites import SUITES


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


# ---------------------------------------------------------------- published vectors

INPUTS = [
    bytes.fromhex(one)
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""The reference data of Certificate Transparency (google/certificate-transparency, merkle_tree_test)."""

FIRST_OF_EIGHT = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
]
SIX_TO_EIGHT = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]


def roots(leaves: list[bytes]) -> list[bytes]:
    """The root at every size, by the frontier; the other frontier and the levels must say the same."""
    ours, theirs = Frontier(sha256), alone.Tree(sha256)
    found = [ours.root()]
    for count, leaf in enumerate(leaves, start=1):
        ours.add(leaf)
        theirs.add(leaf)
        assert theirs.root() == ours.root() == Levels(sha256, leaves[:count]).root
        found.append(ours.root())
    return found


def ranges(leaves: list[bytes], old: int, new: int) -> list[bytes]:
    """The consistency proof between two sizes."""
    return [Levels(sha256, leaves[low:high]).root for low, high in consistency_ranges(old, new)]


def test_roots_and_proofs_are_those_of_the_reference() -> None:
    leaves = [leaf_hash(sha256, one) for one in INPUTS]
    assert [root.hex() for root in roots(leaves)] == ROOTS
    assert [one.hex() for one in Levels(sha256, leaves).path(0)] == FIRST_OF_EIGHT
    assert [one.hex() for one in ranges(leaves, 6, 8)] == SIX_TO_EIGHT


def test_a_note_of_the_standard_is_read_and_verified() -> None:
    """The example of C2SP signed-note, which is that of Go's sumdb/note."""
    told = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    text = (
        b"If you think cryptography is the answer to your problem,\n"
        b"then you don't know what your problem is.\n"
    )
    signature = base64.b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    key, other = VerifyingKey.read(told), alone.read_key(told)
    assert key.encoded() == told
    assert key.key_id == other.key_id == signature[:4]
    assert key.verifies(signature[4:], text) and other.signed(signature[4:], text)
    assert not key.verifies(signature[4:], text + b"\n") and not other.signed(signature[4:], text + b"\n")


def test_sm3_is_that_of_the_standard() -> None:
    """GB/T 32905-2016, appendix A, example 1."""
    told = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert SUITES["sm3-ed25519"].digest(b"abc").hex() == told
    assert alone.SUITES["sm3-ed25519"](b"abc").hex() == told
    assert alone.SUITES.keys() == SUITES.keys()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (333333333.33333329, "333333333.3333333"),
        (1e30, "1e+30"),
        (4.50, "4.5"),
        (2e-3, "0.002"),
        (0.000000000000000000000000001, "1e-27"),
        (1e21, "1e+21"),
        (-0.0, "0"),
        (1.5e300, "1.5e+300"),
        (
            {"\u20ac": 1, "\r": 2, "\U0001f600": 3, "\ufb33": 4, "1": 5},
            '{"\\r":2,"1":5,"€":1,"😀":3,"\ufb33":4}',
        ),
    ],
)
def test_the_canonical_form_is_that_of_rfc_8785(value: object, told: str) -> None:
    """Its sections 3.2.2 and 3.2.3."""
    assert alone.canonical(value).decode() == told


# ---------------------------------------------------------------- for all trees and texts

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",)), max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=("Cs",)), max_size=4), json_values))
def test_every_writer_of_canonical_json_writes_the_same(value: dict[str, object]) -> None:
    wanted = rfc8785.dumps(value)  # pyright: ignore[reportArgumentType]
    assert canonical(value) == wanted
    assert alone.canonical(value) == wanted


@given(st.integers(1, 70), st.data())
def test_a_leaf_is_proven_where_it_is_and_nowhere_else(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(sha256, str(at).encode()) for at in range(size)]
    tree = Levels(sha256, leaves)
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    proof = tree.path(index)
    bent = [*proof]
    if bent:
        at = data.draw(st.integers(0, len(bent) - 1))
        bent[at] = sha256(bent[at])
    for check in (includes, alone.includes):
        assert check(sha256, leaves[index], index, size, proof, tree.root)
        assert check(sha256, leaves[other], index, size, proof, tree.root) == (other == index)
        assert check(sha256, leaves[index], other, size, proof, tree.root) == (other == index)
        assert not check(sha256, leaves[index], index, size, [*proof, tree.root], tree.root)
        assert not check(sha256, leaves[index], size, size, proof, tree.root)
        if bent:
            assert not check(sha256, leaves[index], index, size, bent, tree.root)
            assert not check(sha256, leaves[index], index, size, proof[:-1], tree.root)


@given(st.integers(1, 70), st.data())
def test_a_tree_extends_its_own_past_and_no_other(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(sha256, str(at).encode()) for at in range(size)]
    old = data.draw(st.integers(1, size))
    changed = [*leaves]
    at = data.draw(st.integers(0, old - 1))
    changed[at] = sha256(changed[at])
    before, now, forged = (Levels(sha256, some).root for some in (leaves[:old], leaves, changed))
    proof, forged_proof = ranges(leaves, old, size), ranges(changed, old, size)
    for check in (extends, alone.extends):
        assert check(sha256, (old, before), (size, now), proof)
        assert not check(sha256, (old, before), (size, forged), proof)
        assert not check(sha256, (old, before), (size, forged), forged_proof)
        assert not check(sha256, (old, before), (size, now), [*proof, now])
        if proof:
            assert not check(sha256, (old, before), (size, now), proof[:-1])


def test_chunks_make_the_same_tree() -> None:
    """Paths by chunks of leaves, as the export makes them, are those of the whole tree."""
    for size in (1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 5 * CHUNK + 77):
        leaves = [leaf_hash(sha256, str(at).encode()) for at in range(size)]
        chunks = [Levels(sha256, leaves[at : at + CHUNK]) for at in range(0, size, CHUNK)]
        upper, whole = Levels(sha256, [chunk.root for chunk in chunks]), Levels(sha256, leaves)
        assert upper.root == whole.root
        for index in {0, size // 2, size - 1}:
            number, inner = divmod(index, CHUNK)
            assert [*chunks[number].path(inner), *upper.path(number)] == whole.path(index)


# ---------------------------------------------------------------- what is refused

NOTE = (
    "zeren/1\n3\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nsuite sha256-ed25519\ntime 2026-11-25T06:43:10Z\n"
    "\n— zeren/1 Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)


def test_a_note_survives_the_mail_and_nothing_else_passes_for_one() -> None:
    posted = f"\n{NOTE}".replace("\n", "\r\n") + "\r\n\r\n"
    assert read_note(posted) == read_note(NOTE)
    assert alone.read_note("", posted) == alone.read_note("", NOTE)
    assert read_note(NOTE).text == alone.read_note("", NOTE).text
    lines = NOTE.splitlines(keepends=True)
    for gone in range(len(lines)):
        less = "".join([*lines[:gone], *lines[gone + 1 :]])
        if gone == 4:  # the time is for people
            continue
        for read in (read_note, lambda told: alone.read_note("", told)):
            with pytest.raises((EvidenceBroken, alone.Unreadable)):
                read(less)


def test_a_key_that_was_mistyped_is_refused(tmp_path: Path) -> None:
    told = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert is_key(told) and not is_key("keys/zeren.vkey")
    for at, mistyped in itertools.product((0, 14, 30), "Q"):
        wrong = told[:at] + mistyped + told[at + 1 :]
        with pytest.raises(EvidenceBroken):
            VerifyingKey.read(wrong)
        with pytest.raises(alone.Unreadable):
            alone.read_key(wrong)
