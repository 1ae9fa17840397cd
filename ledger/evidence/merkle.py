"""The tree: RFC 9162, section 2.1 (the same tree as RFC 6962), over leaves that come one after the other.

    Frontier      grows leaf by leaf in memory for one path, and knows the root at every size
    Levels        all nodes above a run of hashes: audit paths
    consistency   the ranges of leaves whose roots prove that a tree extends an earlier one

A leaf is H(0x00 ‖ data), a node H(0x01 ‖ left ‖ right), so that neither passes for the other. The left subtree of a
node is the largest full one that is smaller than the whole.
"""

from collections.abc import Iterable, Sequence

from ledger.evidence.suites import Digest

LEAF = b"\x00"
NODE = b"\x01"

CHUNK = 256
"""Leaves that are looked at together; a power of two, so that a tree of chunks is the same tree."""


def leaf_hash(digest: Digest, data: bytes) -> bytes:
    """The hash of a leaf with that content."""
    return digest(LEAF + data)


def node_hash(digest: Digest, left: bytes, right: bytes) -> bytes:
    """The hash of a node over two others."""
    return digest(NODE + left + right)


class Frontier:
    """A tree that only grows: the roots of its full subtrees, the largest first. Few hashes, whatever its size."""

    def __init__(self, digest: Digest, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """An empty tree, or one that goes on from another's ``size`` and ``peaks``."""
        self.size = size
        self.peaks = list(peaks)
        self._digest = digest

    def add(self, leaf: bytes) -> None:
        """Append the hash of a leaf."""
        whole, full = leaf, self.size
        while full & 1:
            whole = node_hash(self._digest, self.peaks.pop(), whole)
            full >>= 1
        self.peaks.append(whole)
        self.size += 1

    def root(self) -> bytes:
        """The root as of now; of an empty tree the hash of nothing."""
        if not self.peaks:
            return self._digest(b"")
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(self._digest, peak, root)
        return root


class Levels:
    """Every node above some hashes, which are leaves or the roots of equal subtrees (the last one may be smaller)."""

    def __init__(self, digest: Digest, hashes: Sequence[bytes]) -> None:
        """Build them all: twice as many hashes as were given."""
        self._levels = [list(hashes)]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            above = [node_hash(digest, *below[at : at + 2]) for at in range(0, len(below) - 1, 2)]
            # A last one without a sibling stands for itself one level higher.
            self._levels.append([*above, *below[len(above) * 2 :]])

    @property
    def root(self) -> bytes:
        """The node above all."""
        return self._levels[-1][0]

    def path(self, index: int) -> list[bytes]:
        """What has to be hashed with the one at ``index``, from the bottom up, to get the root."""
        found: list[bytes] = []
        for level in self._levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                found.append(level[sibling])
            index >>= 1
        return found


def includes(digest: Digest, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the tree of ``size`` leaves under ``root`` has that leaf at ``index`` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, whole = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            whole = node_hash(digest, sibling, whole)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            whole = node_hash(digest, whole, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and whole == root


def consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """The half-open ranges of leaves whose roots are the proof, in its order (RFC 9162, 2.1.4.1).

    ``0 < old <= new``. The ranges do not meet and leave nothing of the new tree out, except, where the old tree is a
    full subtree, that one.
    """
    found: list[tuple[int, int]] = []
    low, high, known = 0, new, True
    while old - low != high - low:
        half = low + (1 << (high - low - 1).bit_length() - 1)
        if old <= half:
            found.append((half, high))
            high = half
        else:
            found.append((low, half))
            low, known = half, False
    if not known:
        found.append((low, high))
    return found[::-1]


def extends(digest: Digest, old: tuple[int, bytes], new: tuple[int, bytes], proof: Sequence[bytes]) -> bool:
    """Whether the new tree (size, root) begins with all of the old one (RFC 9162, 2.1.4.2)."""
    (old_size, old_root), (new_size, new_root) = old, new
    if not 0 < old_size <= new_size:
        return False
    if old_size == new_size:
        return old_root == new_root and not proof
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    if not path:
        return False
    at, last = old_size - 1, new_size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for node in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(digest, node, first), node_hash(digest, node, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(digest, second, node)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root
