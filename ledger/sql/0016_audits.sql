-- The supervisors' questions look for kinds of events within a period (ledger/audits.py).

CREATE INDEX event_type_at ON event (type, at);
CREATE INDEX holding_ends ON holding (ends_at, starts_at);
