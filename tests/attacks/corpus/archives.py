"""Broken and hostile archives of a class: in each, `ada` handed in right work, and somebody else something odd.

`collected` are the students whose right notebook must have arrived, nobody else; `refused` are words that the report
must say of what was refused. Nothing may be written outside the submitted folder.
"""

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

Entries = Iterable[tuple[str | zipfile.ZipInfo, bytes]]
LINK, PIPE = 0o120777 << 16, 0o010644 << 16


@dataclass(frozen=True)
class Archive:
    """`build` gets the right notebook and the places of the host, and gives the archive's bytes."""

    name: str
    build: Callable[[bytes, Mapping[str, str]], bytes]
    collected: tuple[str, ...] = ("ada",)
    refused: tuple[str, ...] = ()


def zipped(entries: Entries, ada: bytes | None = None) -> bytes:
    """A zip of the entries, ada's folder first."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # duplicate names are meant
        for name, content in [*([("ada/ps1.ipynb", ada)] if ada else []), *entries]:
            archive.writestr(name, content)
    return target.getvalue()


def entry(name: str, mode: int = 0, **parts: object) -> zipfile.ZipInfo:
    """An entry with a mode (a link, a pipe) or other odd parts."""
    info = zipfile.ZipInfo(name, (2026, 3, 1, 12, 0, 0))
    info.external_attr, info.create_system = mode, 3
    for key, value in parts.items():
        setattr(info, key, value)
    return info


def odd(*names: str | zipfile.ZipInfo, content: bytes = b"") -> Callable[[bytes, Mapping[str, str]], bytes]:
    """An archive whose odd entries hold the right notebook (or `content`)."""
    return lambda right, places: zipped([(name, content or right) for name in names], right)


def outside(right: bytes, places: Mapping[str, str]) -> bytes:
    return zipped([(f"{places['outside']}/mlsd-attack-absolute", right)], right)


def linked(right: bytes, places: Mapping[str, str]) -> bytes:
    return zipped([(entry("bob/ps1.ipynb", LINK), f"{places['home']}/secret.txt".encode())], right)


def through_a_link(right: bytes, places: Mapping[str, str]) -> bytes:
    return zipped([(entry("bob", LINK), places["outside"].encode()), ("bob/mlsd-attack-link", right)], right)


def patched(change: Callable[[bytearray], None]) -> Callable[[bytes, Mapping[str, str]], bytes]:
    """The class's zip with bytes changed afterwards; bob's entry is the last."""

    def build(right: bytes, places: Mapping[str, str]) -> bytes:
        whole = bytearray(zipped([("bob/ps1.ipynb", right)], right))
        change(whole)
        return bytes(whole)

    return build


def encrypt(whole: bytearray) -> None:
    whole[whole.rindex(b"PK\1\2") + 8] |= 1
    whole[whole.rindex(b"PK\3\4") + 6] |= 1


def wrong_checksum(whole: bytearray) -> None:
    whole[whole.rindex(b"PK\1\2") + 16] ^= 0xFF


def unknown_method(whole: bytearray) -> None:
    for mark, place in ((b"PK\1\2", 10), (b"PK\3\4", 8)):
        struct.pack_into("<H", whole, whole.rindex(mark) + place, 97)


def garbled(whole: bytearray) -> None:
    start = whole.rindex(b"PK\3\4") + 60
    whole[start : start + 200] = bytes(200)


def not_utf_8(right: bytes, places: Mapping[str, str]) -> bytes:
    """An archive that says of a name that it is UTF-8, which it is not, in the directory and before the file."""
    return zipped([("b\u00f6b/ps1.ipynb", right), ("zoe/ps1.ipynb", right)], right).replace(b"b\xc3\xb6b", b"bo\xf6b")


def understated(right: bytes, places: Mapping[str, str]) -> bytes:
    """An entry that says it holds 1,000 bytes and unpacks to 60 MB."""
    whole = bytearray(zipped([("bob/ps1.ipynb", bytes(60_000_000))], right))
    struct.pack_into("<I", whole, whole.rindex(b"PK\1\2") + 24, 1000)
    struct.pack_into("<I", whole, whole.rindex(b"PK\3\4") + 22, 1000)
    return bytes(whole)


def overlapping(right: bytes, places: Mapping[str, str]) -> bytes:
    """300 entries of the directory that all point at the same 20 MB."""
    whole = zipped([("bob/ps1.ipynb", bytes(20_000_000))], right)
    directory = whole.index(b"PK\1\2")
    last = whole[whole.rindex(b"PK\1\2") : whole.rindex(b"PK\5\6")]
    copies = b"".join(last.replace(b"bob/ps1.ipynb", b"bob/%09d" % n) for n in range(300))
    end = whole.rindex(b"PK\5\6")
    return whole[:end] + copies + _end_of_directory(302, end - directory + len(copies), directory)


def _end_of_directory(entries: int, size: int, start: int) -> bytes:
    return struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, entries, entries, size, start, 0)


def nested(right: bytes, places: Mapping[str, str]) -> bytes:
    """Zips in zips in zips, 2.5 thousand million zeros at the bottom if anybody went there."""
    inner = zipped([(f"{n}.bin", bytes(20_000_000)) for n in range(5)])
    for _ in range(3):
        inner = zipped([(f"{n}.zip", inner) for n in range(5)])
    return zipped([("bob/work.zip", inner)], right)


def many(right: bytes, places: Mapping[str, str]) -> bytes:
    """55,000 empty files; written by hand because zipfile takes seconds."""
    whole = zipped([("bob/00000", b"")], right)
    start, end = whole.index(b"PK\1\2"), whole.rindex(b"PK\5\6")
    last = whole[whole.rindex(b"PK\1\2") : end]
    copies = b"".join(last.replace(b"bob/00000", b"bob/%05d" % n) for n in range(1, 55_000))
    return whole[:end] + copies + _end_of_directory(55_001, end - start + len(copies), start)


def bomb_in_own_zip(right: bytes, places: Mapping[str, str]) -> bytes:
    return zipped([("bob/homework.zip", zipped([("ps1.ipynb", bytes(80_000_000))]))], right)


def slip_in_own_zip(right: bytes, places: Mapping[str, str]) -> bytes:
    return zipped([("bob/homework.zip", zipped([("../../ada/ps1/ps1.ipynb", b"{}"), ("ps1.ipynb", right)]))], right)


def cut(part: float) -> Callable[[bytes, Mapping[str, str]], bytes]:
    def build(right: bytes, places: Mapping[str, str]) -> bytes:
        whole = zipped([("bob/ps1.ipynb", right)], right)
        return whole[: int(part * len(whole))]

    return build


def crc_of_nothing(right: bytes, places: Mapping[str, str]) -> bytes:
    return b"PK\5\6" + bytes(18) + zlib.crc32(right).to_bytes(4, "little")


OUT = "leads out of the archive"
ARCHIVES = (
    Archive("plain", odd("bob/ps1.ipynb"), ("ada", "bob")),
    Archive("mac_files", odd("__MACOSX/ada/._ps1.ipynb", "ada/.DS_Store", "ada/.ipynb_checkpoints/ps1.ipynb")),
    Archive("folder_for_a_stamp", odd("ada/timestamp.txt/x.csv", content=b"1")),
    Archive("own_time_stamp", odd("ada/timestamp.txt", content=b"1999-01-01 00:00:00 UTC")),
    Archive("other_exercise", odd("bob/ps2.ipynb", "bob/ps3.ipynb"), refused=("bob",)),
    Archive("no_notebook", odd("bob/answers.docx"), refused=("bob",)),
    Archive("climbs", odd("../../mlsd-attack-climbs", "bob/../../../mlsd-attack-climbs"), refused=("mlsd-attack", OUT)),
    Archive("climbs_by_backslash", odd("..\\..\\mlsd-attack-climbs"), refused=("mlsd-attack", OUT)),
    Archive("drive_letter", odd("C:/mlsd-attack/ps1.ipynb"), refused=("C:", OUT)),
    Archive("absolute", outside, refused=("mlsd-attack", OUT)),
    Archive("link", linked, refused=("bob", "a link or a special file")),
    Archive("through_a_link", through_a_link, refused=("bob",)),
    Archive("pipe", odd(entry("bob/ps1.ipynb", PIPE)), refused=("bob", "a link or a special file")),
    Archive("bomb", odd("bob/ps1.ipynb", content=bytes(80_000_000)), refused=("bob",)),
    Archive("bomb_of_text", odd("bob/notes.txt", content=bytes(9_000_000)), refused=("200 times its packed size",)),
    Archive("bomb_understated", understated, refused=("bob",)),
    Archive("bomb_overlapping", overlapping, refused=("bob",)),
    Archive("bomb_nested", nested, refused=("bob",)),
    Archive("bomb_in_own_zip", bomb_in_own_zip, refused=("bob",)),
    Archive("broken_own_zip", odd("bob/work.zip", content=b"PK broken"), refused=("bob",)),
    Archive("slip_in_own_zip", slip_in_own_zip, ("ada", "bob"), refused=("ada",)),
    Archive("many_entries", many, refused=("too much",)),
    Archive("name_twice", odd("bob/ps1.ipynb", "bob/ps1.ipynb"), ("ada", "bob"), refused=("bob",)),
    Archive(
        "name_twice_but_for_case", odd("bob/ps1.ipynb", "bob/PS1.ipynb"), ("ada", "bob"), refused=("the same name",)
    ),
    Archive("name_twice_but_for_form", odd("jos\u00e9/ps1.ipynb", "jose\u0301/ps1.ipynb"), ("ada", "josé"), ("jos",)),
    Archive("control_characters", odd("bo\nb/ps1.ipynb", "bo\x1b[31mb/ps1.ipynb"), refused=("control",)),
    Archive("name_not_utf_8", not_utf_8, ("ada", "zoe"), refused=("utf-8",)),
    Archive("script_as_name", odd("<script>alert(1)<script>/ps1.ipynb"), ("ada", "script-alert-1-script")),
    Archive("option_as_name", odd("--course/ps1.ipynb"), ("ada", "course")),
    Archive("long_name", odd("b" * 300 + "/ps1.ipynb"), refused=("too long or too deep",)),
    Archive("deep_name", odd("bob/" + "d/" * 60 + "ps1.ipynb"), refused=("too long or too deep",)),
    Archive("encrypted", patched(encrypt), refused=("bob",)),
    Archive("wrong_checksum", patched(wrong_checksum), refused=("bob",)),
    Archive("unknown_method", patched(unknown_method), refused=("bob",)),
    Archive("garbled", patched(garbled), refused=("bob",)),
    Archive("cut_off", cut(0.6), (), refused=("zip",)),
    Archive("rest_behind", lambda right, places: zipped([], right) + b"\n" * 5000),
    Archive("page_in_front", lambda right, places: b"<html>log in</html>" + zipped([], right)),
    Archive("no_zip", lambda right, places: b"<html>please log in</html>", (), refused=("zip",)),
    Archive("empty_file", lambda right, places: b"", (), refused=("zip",)),
    Archive("empty_zip", crc_of_nothing, ()),
)
