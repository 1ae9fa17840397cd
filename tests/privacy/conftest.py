"""The house and the marks of one test."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.privacy.house import House, house
from tests.privacy.marks import Marks


@pytest.fixture
def marks() -> Marks:
    """Marks that are nowhere else."""
    return Marks(random.Random())


@pytest.fixture
async def everything(tmp_path: Path) -> AsyncIterator[House]:
    """The whole house."""
    async with house(tmp_path) as opened:
        yield opened
