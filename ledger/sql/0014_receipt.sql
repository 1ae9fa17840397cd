-- Receipts (回执) of residents who gave no name. The receipt itself is nowhere: it was shown once.
--
--   receipt       one row for each such case: the slow hash of the receipt that holds now
--   receipt_try   how often a receipt was wrong of late, by the number that was asked for, whether a case has it or not

CREATE TABLE receipt (
    case_id     uuid        PRIMARY KEY REFERENCES case_key ON DELETE CASCADE,
    salt        bytea       NOT NULL,
    hash        bytea       NOT NULL,
    cost        smallint    NOT NULL CHECK (cost BETWEEN 14 AND 20),
    must_change boolean     NOT NULL,
    issued_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN receipt.cost IS 'binary logarithm of scrypt''s N; r is 8 and p is 1';
COMMENT ON COLUMN receipt.must_change IS 'somebody else has seen it: the resident has to take another one';

CREATE TABLE receipt_try (
    number   text        PRIMARY KEY,
    since    timestamptz NOT NULL,
    failures integer     NOT NULL CHECK (failures >= 0)
);
CREATE INDEX receipt_try_since ON receipt_try (since);
