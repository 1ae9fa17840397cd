"""What must hold of the providers and contracts of a pack before it may be loaded (合同检查).

A contract is read when a provider is commissioned: one that names nobody, or demands what its provider never holds, is
found at the load and not on the day when a lift stands still.
"""

from collections import Counter
from collections.abc import Iterator

from domain.jurisdiction import Contract, Pack, Provider, Qualification
from domain.organisation import CANNOT_LEAD
from domain.pack_findings import Finding, finding
from domain.words import BodyKind


def contracts(pack: Pack) -> Iterator[Finding]:
    """Everything that is wrong with the providers and contracts."""
    providers = {body.id for body in pack.bodies if body.kind is BodyKind.PROVIDER}
    for provider in pack.providers:
        if provider.body not in providers:
            yield finding("provider-dangling", f"provider {provider.body}", body=provider.body)
        for held in provider.qualifications:
            if held.valid_to is not None and held.valid_to <= held.valid_from:
                yield finding("empty-validity", f"provider {provider.body}", to=held.valid_to.isoformat())
    yield from _twice(pack)
    known = {provider.body: provider for provider in pack.providers}
    for contract in pack.contracts:
        yield from _contract(pack, contract, providers)
        yield from _qualified(contract, known.get(contract.provider))


def _twice(pack: Pack) -> Iterator[Finding]:
    ids = [
        *(f"contract {each.id}" for each in pack.contracts),
        *(f"provider {each.body}" for each in pack.providers),
    ]
    ids += [
        f"milestone {contract.id} {milestone.id}"
        for contract in pack.contracts
        for milestone in contract.milestones
    ]
    for where, times in Counter(ids).items():
        if times > 1:
            yield finding("duplicate-id", where, id=where.rpartition(" ")[2], times=times)


def _contract(pack: Pack, contract: Contract, providers: set[str]) -> Iterator[Finding]:
    where = f"contract {contract.id}"
    if contract.provider not in providers:
        yield finding("provider-dangling", where, body=contract.provider)
    clients = {body.id for body in pack.bodies if body.kind not in CANNOT_LEAD}
    if contract.client not in clients:
        yield finding("contract-client", where, body=contract.client)
    if contract.valid_to <= contract.valid_from:
        yield finding("empty-validity", where, to=contract.valid_to.isoformat())
    for matter in set(contract.matters) - {matter.id for matter in pack.matters}:
        yield finding("contract-matter", where, matter=matter)
    for division in set(contract.divisions) - {place.code for place in pack.places}:
        yield finding("contract-place", where, division=division)


def _qualified(contract: Contract, provider: Provider | None) -> Iterator[Finding]:
    held = provider.qualifications if provider else ()
    for kind in contract.qualifications:
        if not any(each.kind == kind and _meet(each, contract) for each in held):
            where = f"contract {contract.id}"
            yield finding("provider-unqualified", where, body=contract.provider, kind=kind)


def _meet(held: Qualification, contract: Contract) -> bool:
    begins_in_time = held.valid_from < contract.valid_to
    return begins_in_time and (held.valid_to is None or contract.valid_from < held.valid_to)
