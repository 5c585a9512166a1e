"""Signed notes, checkpoints, cosignatures and tlog-proofs: published answers, and refusals."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from audit import notes, tree
from audit.notes import Checkpoint, Note, Proof, Signer, Verifier
from audit.tree import Malformed, Mismatch
from tests.audit.vectors import LEAVES, ROOTS

# The note of the documentation of golang.org/x/mod/sumdb/note.
NEUMANN = Verifier.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
NEUMANN_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
NEUMANN_NOTE = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""  # noqa: E501
# The example of C2SP tlog-cosignature, whose keys are not published.
SOFA = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501
# A checkpoint of a public log, as several witnesses cosigned it; one log signature is ECDSA.
ARCHE = """\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""  # noqa: E501
ARCHE_KEY = (
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
)
WITNESS_KEY = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"

LOG = Signer.parse(NEUMANN_SECRET)
PROOF = """\
c2sp.org/tlog-proof@v1
index 1
bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=
Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=
vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=

example.com/fancylog
5
Tju7H3tHjc/nH7YxYxUZo7yhLJrvyhYSv85ME6hiZNQ=

— PeterNeumann """


def test_a_published_note_is_read_verified_and_signed_again_byte_for_byte() -> None:
    note = Note.parse(NEUMANN_NOTE.encode())

    assert note.verified_by([NEUMANN]) == [NEUMANN]
    assert note.format() == NEUMANN_NOTE
    assert Note(note.text, (LOG.sign(note.text),)).format() == NEUMANN_NOTE
    assert LOG.secret() == NEUMANN_SECRET
    assert LOG.verifier == NEUMANN


def test_the_vector_of_the_specification_verifies() -> None:
    """C2SP signed-note's own: key and signature of an example message."""
    key = Verifier.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    note = Note.parse(
        "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppz"
        "i2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
    )

    assert note.verified_by([key]) == [key]


def test_a_checkpoint_of_a_public_log_and_its_cosignature_verify() -> None:
    log, witness = Verifier.parse(ARCHE_KEY), Verifier.parse(WITNESS_KEY)

    checkpoint, note = notes.open_checkpoint(ARCHE, [log], log.name)

    assert checkpoint.size == 1432088532
    assert checkpoint.root.hex()[:8] == "53b58cef"
    assert checkpoint.format() == note.text
    assert note.format() == ARCHE
    assert note.verified_by([witness]) == [witness]
    [line] = [one for one in note.signatures if one.name == witness.name]
    assert witness.verify(note.text, line) == 1779573024
    assert str(witness) == WITNESS_KEY


def test_the_time_stands_where_the_specification_has_it() -> None:
    note = Note.parse(SOFA)

    assert Checkpoint.parse(note.text) == Checkpoint(
        "example.com/behind-the-sofa",
        20852163,
        bytes.fromhex("0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"),
    )
    assert int.from_bytes(note.signatures[1].blob[:8], "big") == 1679315147
    assert note.signatures[1].key_id.hex() == "8d66cf3f"


def test_a_cosignature_is_of_its_time_and_text_and_no_signature() -> None:
    witness = Signer.generate("w.example/1", notes.COSIGNATURE)
    text = Checkpoint("a.example", 3, ROOTS[3]).format()
    note = Note(text, (LOG.sign(text),)).signed(witness.sign(text, 1_700_000_000))

    assert note.verified_by([witness.verifier, LOG.verifier]) == [witness.verifier, LOG.verifier]
    again = note.signed(witness.sign(text, 1_800_000_000))
    assert [one.name for one in again.signatures] == ["PeterNeumann", "w.example/1"]
    assert witness.verifier.verify(text, again.signatures[1]) == 1_800_000_000
    later = notes.Signature(
        witness.name, witness.verifier.key_id, (1).to_bytes(8, "big") + note.signatures[1].blob[8:]
    )
    with pytest.raises(Mismatch, match="does not fit the text"):
        note.signed(later).verified_by([witness.verifier])
    plain = Verifier(witness.name, witness.verifier.key)
    with pytest.raises(Mismatch, match="No known key signed it"):
        note.verified_by([plain])
    assert Signer.parse(witness.secret()).verifier == witness.verifier
    with pytest.raises(ValueError, match="A cosignature has a time"):
        witness.sign(text)
    with pytest.raises(ValueError, match="A cosignature has a time"):
        LOG.sign(text, 1)


def test_every_single_byte_changed_in_a_signed_checkpoint_is_refused() -> None:
    text = Checkpoint("PeterNeumann", 3, ROOTS[3]).format()
    data = Note(text, (LOG.sign(text),)).format().encode()

    notes.open_checkpoint(data, [NEUMANN], "PeterNeumann")
    for place in range(len(data)):
        for bit in (1, 0x20, 0x80):
            changed = data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]
            with pytest.raises((Malformed, Mismatch)):
                notes.open_checkpoint(changed, [NEUMANN], "PeterNeumann")
        with pytest.raises((Malformed, Mismatch)):
            notes.open_checkpoint(data[:place], [NEUMANN], "PeterNeumann")


def test_a_foreign_key_and_another_origin_are_named() -> None:
    text = Checkpoint("PeterNeumann", 3, ROOTS[3]).format()
    stranger = Signer.generate("PeterNeumann")
    data = Note(text, (stranger.sign(text),)).format()

    with pytest.raises(Mismatch, match="No known key signed it; the signatures name PeterNeumann"):
        notes.open_checkpoint(data, [NEUMANN], "PeterNeumann")
    with pytest.raises(Mismatch, match=r"is of the log PeterNeumann, not of b\.example"):
        notes.open_checkpoint(data, [stranger.verifier], "b.example")


SIGNATURE = NEUMANN_NOTE.split("\n")[-2]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "a text, an empty line and lines of signatures"),
        ("text\n", "a text, an empty line"),
        ("text\n\n", "an em dash, a name and base64"),
        (NEUMANN_NOTE[:-1], "a text, an empty line"),
        (NEUMANN_NOTE + "\n", "an em dash"),
        (NEUMANN_NOTE + "text\n", "an em dash"),
        (NEUMANN_NOTE.replace("— P", "- P"), "an em dash"),
        (NEUMANN_NOTE.replace("— P", "—  P"), "an em dash"),
        (NEUMANN_NOTE.replace("— P", "—P"), "an em dash"),
        (NEUMANN_NOTE.replace("PeterN", "Peter+N"), "a space or a plus sign"),
        (NEUMANN_NOTE.replace("PeterN", "Peter\u00a0N"), "a space or a plus sign"),
        (NEUMANN_NOTE.replace("PeterNeumann", ""), "is empty"),
        (NEUMANN_NOTE.replace("x08go/", "x08go_"), "is not base64"),
        (NEUMANN_NOTE.replace("AM=", "AM"), "is not base64"),
        (NEUMANN_NOTE.replace("AM=", "AN="), "is not canonical base64"),
        (NEUMANN_NOTE.replace("AM=", "A=M"), "base64"),
        ("text\n\n— a AAAAAA==\n", "shorter than five bytes"),
        (NEUMANN_NOTE + SIGNATURE + "\n", "signed twice with the same key"),
        (NEUMANN_NOTE.replace("\n", "\r\n"), "control characters"),
        (NEUMANN_NOTE.replace("crypt", "cr\0pt"), "control characters"),
        (NEUMANN_NOTE.replace("crypt", "cr\tpt"), "control characters"),
        (NEUMANN_NOTE.encode().replace(b"crypt", b"cr\xffpt"), "not text in UTF-8"),
        (NEUMANN_NOTE.replace("crypt", "cr\ud800pt"), "not text in UTF-8"),
        ("a" * 1_000_001, "longer than 1000000 bytes"),
        ("text\n\n" + "".join(f"— a{n} AAAAAAAA\n" for n in range(101)), "more than 100 sign"),
    ],
)
def test_a_note_that_deviates_is_malformed(data: bytes | str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        Note.parse(data)


def test_a_note_may_have_empty_lines_and_signatures_of_unknown_kinds() -> None:
    text = "a\n\n\nb\n"
    note = Note(text, (LOG.sign(text), notes.Signature("quantum.example", b"1234", b"x" * 4627)))

    assert Note.parse(note.format()) == note
    assert note.verified_by([NEUMANN]) == [NEUMANN]


def test_a_signature_of_another_length_is_malformed_for_a_known_key_alone() -> None:
    short = notes.Signature(NEUMANN.name, NEUMANN.key_id, b"x" * 63)
    witness = Signer.generate("w", notes.COSIGNATURE).verifier
    future = notes.Signature("w", witness.key_id, b"\xff" * 72)

    with pytest.raises(Malformed, match="is not 64 bytes long"):
        Note("a\n", (short,)).verified_by([NEUMANN])
    with pytest.raises(Malformed, match="is not 72 bytes with a time"):
        Note("a\n", (future,)).verified_by([witness])
    with pytest.raises(Mismatch, match="No known key"):
        Note("a\n", (short, future)).verified_by([Signer.generate("w").verifier])


ROOT = "rra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc="
TEXT = f"a.example\n3\n{ROOT}\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "at least three lines"),
        ("a.example\n3\n", "at least three lines"),
        (TEXT[:-1], "at least three lines"),
        ("\n" + TEXT, "at least three lines"),
        (TEXT + "\n", "at least three lines"),
        (TEXT.replace("a.example", ""), "at least three lines"),
        (TEXT.replace("\n3\n", "\n03\n"), "without leading zeros"),
        (TEXT.replace("\n3\n", "\n+3\n"), "decimal number"),
        (TEXT.replace("\n3\n", "\n-3\n"), "decimal number"),
        (TEXT.replace("\n3\n", "\n 3\n"), "decimal number"),
        (TEXT.replace("\n3\n", "\n٣\n"), "decimal number"),
        (TEXT.replace("\n3\n", "\n0x3\n"), "decimal number"),
        (TEXT.replace("\n3\n", f"\n{2**63}\n"), "below 2..63"),
        (TEXT.replace("\n3\n", f"\n{'9' * 50}\n"), "below 2..63"),
        (TEXT.replace("\n3\n", "\n0\n"), "another root than the empty tree"),
        (TEXT.replace("nc=", "nd="), "root is not canonical base64"),
        (TEXT.replace("nc=", "nc"), "root is not base64"),
        (TEXT.replace("rra8", ""), "root is not 32 bytes"),
        (TEXT.replace("rra8", "rra8rra8"), "root is not 32 bytes"),
        (TEXT.replace("rra8/", "rra8_"), "root is not base64"),
    ],
)
def test_a_checkpoint_that_deviates_is_malformed(text: str, why: str) -> None:
    assert Checkpoint.parse(TEXT).root == ROOTS[3]
    with pytest.raises(Malformed, match=why):
        Checkpoint.parse(text)


def test_a_checkpoint_is_written_as_it_is_read() -> None:
    empty = Checkpoint("a b.example", 0, tree.EMPTY_ROOT, ("more",))

    assert Checkpoint.parse(empty.format()) == empty
    assert Checkpoint("a.example", 3, ROOTS[3]).format() == TEXT
    for wrong in [
        Checkpoint("a\nb", 3, ROOTS[3]),
        Checkpoint("a\tb", 3, ROOTS[3]),
        Checkpoint("", 3, ROOTS[3]),
        Checkpoint("a", -1, ROOTS[3]),
        Checkpoint("a", 2**63, ROOTS[3]),
        Checkpoint("a", 3, ROOTS[3][1:]),
        Checkpoint("a", 0, ROOTS[3]),
        Checkpoint("a", 3, ROOTS[3], ("",)),
    ]:
        with pytest.raises(Malformed):
            wrong.format()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "name.8 hexadecimal digits.base64"),
        ("PeterNeumann+c74f20a3", "name.8 hexadecimal"),
        (str(NEUMANN).replace("c74f20a3", "C74F20A3"), "8 hexadecimal digits"),
        (str(NEUMANN).replace("c74f20a3", "c7 4f 20a3"), "8 hexadecimal digits"),
        (str(NEUMANN).replace("c74f20a3", "c74f20a4"), "does not fit its name and key"),
        (str(NEUMANN).replace("Peter", "Paul"), "does not fit its name and key"),
        (str(NEUMANN).replace("Peter", "Peter "), "a space or a plus sign"),
        (str(NEUMANN).replace("PeterNeumann", ""), "is empty"),
        (str(NEUMANN) + "\n", "is not base64"),
        (str(NEUMANN)[:-1], "is not base64"),
        (str(NEUMANN)[:-4], "not an Ed25519 key of kind 1 or 4"),
        (str(NEUMANN).replace("+ARpc", "+Ahpc"), "not an Ed25519 key of kind 1 or 4"),
        (str(NEUMANN).split("+A", maxsplit=1)[0] + "+", "not an Ed25519 key of kind 1 or 4"),
    ],
)
def test_a_verifier_key_that_deviates_is_malformed(text: str, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        Verifier.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        str(NEUMANN),
        NEUMANN_SECRET.replace("c74f20a3", "c74f20a4"),
        NEUMANN_SECRET.replace("Peter", "Paul"),
        NEUMANN_SECRET[:-4],
        NEUMANN_SECRET[:-1] + "*",
        NEUMANN_SECRET.replace("+AYEK", "+AoEK"),
    ],
)
def test_a_private_key_that_deviates_is_malformed_and_not_repeated(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        Signer.parse(text)

    assert "EKFALVFGyNhPJEMzD1QIDr" not in str(refused.value)
    assert Signer.parse(NEUMANN_SECRET + "\n").verifier == NEUMANN


def whole_proof() -> str:
    text = Checkpoint("example.com/fancylog", 5, ROOTS[5]).format()
    return PROOF + Note(text, (LOG.sign(text),)).format().rpartition(" ")[2]


def test_a_proof_is_the_text_of_the_specification_and_leads_to_the_root() -> None:
    proof = Proof.parse(whole_proof())
    checkpoint = Checkpoint.parse(proof.note.text)

    assert proof.note.verified_by([NEUMANN]) == [NEUMANN]
    assert proof.hashes == tuple(tree.inclusion_proof(1, LEAVES[:5]))
    tree.verify_inclusion(LEAVES[1], proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    assert proof.format() == whole_proof()
    extra = Proof(0, (), proof.note, b"\x00\x01\x02")
    assert extra.format().startswith("c2sp.org/tlog-proof@v1\nextra AAEC\nindex 0\n\nexample.com/")
    assert Proof.parse(extra.format()) == extra


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: "", "begins with the line"),
        (lambda text: text.replace("@v1", "@v2"), "begins with the line"),
        (lambda text: "\n" + text, "begins with the line"),
        (lambda text: text.partition("\n\n")[0], "begins with the line"),
        (lambda text: text.replace("index 1\n", ""), "does not give the index"),
        (lambda text: text.replace("index 1", "index  1"), "index is not a decimal"),
        (lambda text: text.replace("index 1", "index 01"), "index is not a decimal"),
        (lambda text: text.replace("index 1", "index -1"), "index is not a decimal"),
        (lambda text: text.replace("index 1", f"index {2**63}"), "index is not a decimal"),
        (lambda text: text.replace("index 1", "extra AA=\nindex 1"), "extra data is not base64"),
        (lambda text: text.replace("index 1", "extra AB==\nindex 1"), "not canonical"),
        (lambda text: text.replace("index 1", "index 1\nextra AAEC"), "hash of the proof is not"),
        (lambda text: text.replace("bjQL", ""), "hash of the proof is not 32 bytes"),
        (lambda text: text.replace("bjQL", "****"), "hash of the proof is not base64"),
        (lambda text: text.replace("B0=\n", "B1=\n"), "not canonical"),
        (lambda text: text.replace("\nindex", "\r\nindex"), "control characters"),
        (lambda text: text.replace("index 1\n", "index 1\n" + f"{ROOT}\n" * 61), "more than 63"),
        (lambda text: text.replace("\n5\n", "\n05\n"), "size is not a decimal"),
        (lambda text: text[:-1], "a text, an empty line"),
    ],
)
def test_a_proof_that_deviates_is_malformed(change: Callable[[str], str], why: str) -> None:
    with pytest.raises(Malformed, match=why):
        Proof.parse(change(whole_proof()))
