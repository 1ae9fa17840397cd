"""Marks: words that stand for a resident, planted wherever somebody types, and every way in which they may be written.

stems, drawn anew for each run ─▶ a name · a telephone · an address · a word with the shape of an id
─▶ forms: encodings, escapes, base64, hex, and what an unkeyed hash of one would be
"""

import base64
import hashlib
import json
import random
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import quote

_RARE = "龘靐齉麤爨虪灪籱龗驫"
_LETTERS = "bcdfghjklmnpqrstvwxz"
_DIGITS = 4
"""How many digits tell one mark from another."""

_HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b")
_SHORTEST_HASH = 32
_HEX = re.compile(rb"[0-9a-f]{32,}")


class Hit(NamedTuple):
    """A mark where it must not be: where, in which form, whose, and what stands round it."""

    where: str
    form: str
    planted: str
    around: str


class Marks:
    """The marks of one run."""

    def __init__(self, draw: random.Random) -> None:
        """``draw`` chooses the stems; what they are is of no consequence, that they are nowhere else is."""
        self._han = "".join(draw.sample(_RARE, 3))
        self._latin = "Ouyang" + "".join(draw.choices(_LETTERS, k=7))
        self._phone = "13" + "".join(draw.choices("3456789", k=5))
        self._planted: list[str] = []
        self._hashed: dict[bytes, str] = {}
        self._secrets: dict[str, str] = {}

    # ------------------------------------------------------------------ planting

    def text(self, where: str) -> str:
        """A sentence with everything in it: a name in both scripts, a telephone, an address."""
        n = self._next(where)
        said = f"我是欧阳{self._han}{n}（{self._latin}{n}），电话 {self._phone}{n}，住{self._han}路{n}号。"
        return self._kept(said, where)

    def name(self, where: str) -> str:
        """A name."""
        return self._kept(f"欧阳{self._han}{self._next(where)}", where)

    def phone(self, where: str) -> str:
        """A telephone: eleven digits, which have the shape of an id too."""
        return self._kept(f"{self._phone}{self._next(where)}", where)

    def address(self, where: str) -> str:
        """An address."""
        return self._kept(f"{self._han}路{self._next(where)}号三单元", where)

    def word(self, where: str) -> str:
        """A name in Latin letters: it has the shape of an id."""
        return self._kept(f"{self._latin}{self._next(where)}", where)

    def field(self, name: str, where: str) -> str:
        """What somebody would type into that free text."""
        kinds = {"name": self.name, "phone": self.phone, "address": self.address}
        return kinds.get(name, self.text)(where)

    def secret(self, value: str, where: str, *, hash_may_stand: bool = False) -> str:
        """Something that the house itself has made and shown once.

        ``hash_may_stand``: it is so long and random that a quick hash of it is as good as a slow one.
        """
        self._secrets[value] = where
        return value if hash_may_stand else self._kept(value, where)

    @property
    def count(self) -> int:
        """How many have been planted."""
        return len(self._planted)

    def _next(self, where: str) -> str:
        self._planted.append(where)
        return f"{len(self._planted) - 1:0{_DIGITS}}"

    def _kept(self, value: str, where: str) -> str:
        for name in _HASHES:
            digest = hashlib.new(name, value.encode()).hexdigest()[:_SHORTEST_HASH]
            self._hashed[digest.encode()] = f"{name} of {where}"
        return value

    # ------------------------------------------------------------------ finding

    def search(self, where: str, data: bytes) -> list[Hit]:
        """Every form of every mark in the data, once for each form; the text round the first of each."""
        hits = [hit for form, sought in self._forms() if (hit := self._find(where, data, form, sought))]
        lowered = data.lower()
        at = lowered.find(self._latin.lower().encode())
        if at >= 0 and not hits:
            hits.append(self._shown(where, lowered, "in another case", at))
        return hits + self._hashes(where, lowered)

    def _forms(self) -> Iterator[tuple[str, bytes]]:
        for stem in (self._han, self._latin, self._phone):
            yield from forms(stem)
        for secret in self._secrets:
            yield from forms(secret)
            yield from forms(secret.replace("-", ""))

    def _find(self, where: str, data: bytes, form: str, sought: bytes) -> Hit | None:
        """The first place where the form stands. Digits that only begin like a telephone of ours are no hit."""
        if sought != self._phone.encode():
            at = data.find(sought)
            return self._shown(where, data, form, at) if at >= 0 else None
        for found in re.finditer(rb"(?<!\d)" + sought + rb"(\d{%d})(?!\d)" % _DIGITS, data):
            if int(found[1]) < self.count:
                return self._shown(where, data, form, found.start())
        return None

    def _shown(self, where: str, data: bytes, form: str, at: int) -> Hit:
        around = data[max(0, at - 120) : at + 120].decode("utf-8", "backslashreplace")
        shown = "".join(char if char.isprintable() else "·" for char in around)
        return Hit(where, form, self._whose(around), shown)

    def _whose(self, around: str) -> str:
        for stem in (self._latin, self._phone, self._han):
            found = re.search(rf"{stem}\D?(\d{{{_DIGITS}}})", around, re.IGNORECASE)
            if found and int(found[1]) < self.count:
                return self._planted[int(found[1])]
        return next((where for secret, where in self._secrets.items() if secret in around), "?")

    def _hashes(self, where: str, lowered: bytes) -> list[Hit]:
        """Hashes without a key: whoever has a telephone in mind can try it out."""
        tokens = {token[:_SHORTEST_HASH] for token in _HEX.findall(lowered.replace(b"-", b""))}
        return [
            Hit(where, "an unkeyed hash", self._hashed[token], "") for token in tokens & self._hashed.keys()
        ]


def forms(text: str) -> list[tuple[str, bytes]]:
    """The ways in which a text may be written somewhere, by what they are called."""
    raw = text.encode()
    plain = {name: text.encode(name) for name in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")}
    written: dict[str, str] = {
        "JSON escapes": json.dumps(text)[1:-1],
        "percent": quote(text, safe=""),
        "percent, lower": quote(text, safe="").lower(),
        "hex": raw.hex(),
        "hex, upper": raw.hex().upper(),
        "byte escapes": "".join(f"\\x{byte:02x}" for byte in raw),
        "octal escapes": "".join(f"\\{byte:03o}" for byte in raw),
        "entities": "".join(f"&#{ord(char)};" for char in text),
        "hex entities": "".join(f"&#x{ord(char):x};" for char in text),
        "quoted-printable": "".join(f"={byte:02X}" for byte in raw),
    }
    coded = {name: form.encode() for name, form in written.items()}
    coded["read as Latin-1"] = raw.decode("latin-1").encode()
    coded["JSON escapes, upper"] = (
        coded["JSON escapes"].replace(b"\\u", b"\x00").upper().replace(b"\x00", b"\\u")
    )
    for alphabet, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
        for shift in range(3):
            coded[f"{alphabet}+{shift}"] = _inside(encode(bytes(shift) + raw), shift)
    named = list((plain | coded).items())
    # Of ways that come out alike the first one gives its name.
    return list({form: (name, form) for name, form in reversed(named)}.values())


def _inside(encoded: bytes, shift: int) -> bytes:
    """The characters of a base64 that hang on the text alone, not on what stands before and after it."""
    return encoded.rstrip(b"=")[(0, 2, 3)[shift] : -1]


def told(hits: Iterable[Hit]) -> str:
    """The hits in words, for whoever has to mend them."""
    return "\n".join(f"{hit.where}: {hit.planted} ({hit.form}): …{hit.around}…" for hit in hits)
