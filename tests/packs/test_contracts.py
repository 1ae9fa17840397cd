"""Providers and contracts of a pack: what is wrong with them is found at the load."""

from datetime import timedelta

import pytest

from domain.joint_words import Funding
from domain.jurisdiction import Contract, Milestone, Name, Provider, Qualification
from domain.pack_check import check
from domain.words import BodyKind, Level
from tests.packs import small

LIFTS = small.body("420106.lifts", BodyKind.PROVIDER, Level.DISTRICT)
BODIES = (*small.BODIES, LIFTS)
PROVIDER = Provider(body=LIFTS.id, qualifications=(Qualification(kind="lift-work", valid_from=small.SINCE),))
CONTRACT = Contract(
    id="c-1",
    name=Name(zh="电梯维保"),
    provider=LIFTS.id,
    client="420106.housing",
    matters=("roof-leak",),
    divisions=("420106",),
    qualifications=("lift-work",),
    funds=(Funding.BUDGET,),
    milestones=(Milestone(id="done", name=Name(zh="完成")),),
    valid_from=small.LATER,
    valid_to=small.LATEST,
)


def _codes(*contracts: Contract, providers: tuple[Provider, ...] = (PROVIDER,)) -> set[str]:
    return small.codes(bodies=BODIES, providers=providers, contracts=contracts)


def test_a_sound_contract_has_no_finding() -> None:
    assert check(small.PACK) == ()
    assert _codes(CONTRACT) == set()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"provider": "420106.housing"}, "provider-dangling"),
        ({"client": "420106.nobody"}, "contract-client"),
        ({"client": "420106.conference"}, "contract-client"),
        ({"matters": ("no-such",)}, "contract-matter"),
        ({"divisions": ("999999",)}, "contract-place"),
        ({"valid_to": small.LATER}, "empty-validity"),
        ({"qualifications": ("wings",)}, "provider-unqualified"),
        ({"milestones": CONTRACT.milestones * 2}, "duplicate-id"),
    ],
)
def test_a_contract_that_cannot_work_is_found(change: dict[str, object], code: str) -> None:
    assert code in _codes(CONTRACT.model_copy(update=change))


def test_a_contract_stands_once() -> None:
    assert "duplicate-id" in _codes(CONTRACT, CONTRACT)


def test_a_provider_is_a_body_of_that_kind_and_holds_what_it_holds_for_some_time() -> None:
    other = PROVIDER.model_copy(update={"body": "420106.housing"})
    assert "provider-dangling" in _codes(CONTRACT, providers=(PROVIDER, other))
    held = PROVIDER.qualifications[0].model_copy(update={"valid_to": small.SINCE})
    assert "empty-validity" in _codes(providers=(PROVIDER.model_copy(update={"qualifications": (held,)}),))


def test_a_qualification_that_ends_before_the_contract_begins_is_none() -> None:
    held = PROVIDER.qualifications[0].model_copy(update={"valid_to": small.LATER - timedelta(days=1)})
    early = PROVIDER.model_copy(update={"qualifications": (held,)})
    assert _codes(CONTRACT, providers=(early,)) == {"provider-unqualified"}
