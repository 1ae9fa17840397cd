"""The ledger (台账): the event store and its read models in PostgreSQL; its SQL stands in ``sql/``.

append ─▶ events · command · read models        one transaction, or nothing
load, reads ◀─ what happened, and how it stands
packs, facts    the organisation, by version
compartment     personal data, as ciphertext
"""
