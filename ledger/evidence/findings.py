"""What verifying finds: one sentence for each kind of trouble, with its first place and how often it was met."""

from domain.base import Frozen


class Finding(Frozen):
    """One kind of trouble. ``index`` is the first leaf that shows it, where it is one; ``times`` how many do."""

    kind: str
    index: int | None
    times: int
    zh: str
    en: str


class Found:
    """Findings by kind, the first of each kept whole and the others counted."""

    def __init__(self) -> None:
        self._kinds: dict[str, Finding] = {}

    def add(self, kind: str, zh: str, en: str, *, index: int | None = None) -> None:
        """Note it."""
        first = self._kinds.get(kind) or Finding(kind=kind, index=index, times=0, zh=zh, en=en)
        self._kinds[kind] = first.model_copy(update={"times": first.times + 1})

    def all(self) -> list[Finding]:
        """In the order in which they were first met."""
        return list(self._kinds.values())
