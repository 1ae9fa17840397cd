-- The outbox (发件箱): notices that leave the house. A row is written in the transaction of the events that cause it, one
-- for each recipient, cause and outlet; what became of it is written by the delivery. It is no read model: a rebuild leaves
-- it alone, since a notice that was sent cannot be unsent. The inbox is the console's own channel and is rebuilt.
--
--   outlet_setting  one row: the mail server
--   outlet          where notices to a body, or a person's digest, go besides the console: an office's configuration
--   outbox          what is to be sent, or was

CREATE TABLE outlet_setting (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    doc      jsonb   NOT NULL
);

CREATE TABLE outlet (
    id       text    PRIMARY KEY,
    channel  text    NOT NULL,
    body     text,
    person   text,
    causes   text[]  NOT NULL DEFAULT '{}',
    required boolean NOT NULL,
    fold_seconds integer NOT NULL,
    doc      jsonb   NOT NULL,
    CHECK ((body IS NULL) <> (person IS NULL))
);
COMMENT ON COLUMN outlet.body IS 'whose notices go there; * for every body''s';
COMMENT ON COLUMN outlet.person IS 'whose digest goes there';
COMMENT ON COLUMN outlet.causes IS 'types of events; empty for all';
COMMENT ON COLUMN outlet.fold_seconds IS 'how long a notice that may be folded waits for others';
CREATE INDEX outlet_body ON outlet (body);

CREATE TABLE outbox (
    key      text        PRIMARY KEY,
    outlet   text        NOT NULL,
    channel  text        NOT NULL,
    body     text,
    person   text,
    case_id  uuid,
    version  integer,
    number   text,
    cause    text        NOT NULL,
    deadline text,
    day      date,
    at       timestamptz NOT NULL,
    priority smallint    NOT NULL CHECK (priority BETWEEN 1 AND 5),
    folds    boolean     NOT NULL,
    waits    boolean     NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    state    text        NOT NULL DEFAULT 'pending'
             CHECK (state IN ('pending', 'sent', 'failed', 'dead', 'withheld', 'moot')),
    message  uuid,
    attempts integer     NOT NULL DEFAULT 0,
    next_try timestamptz NOT NULL,
    tried_at timestamptz,
    receipt  text,
    fault    text,
    CHECK ((case_id IS NULL) = (version IS NULL) AND (case_id IS NULL) = (number IS NULL)),
    CHECK ((case_id IS NULL) = (day IS NOT NULL))
);
COMMENT ON COLUMN outbox.key IS 'SHA-256 of case, version, recipient and outlet, or of person, day and outlet';
COMMENT ON COLUMN outbox.message IS 'rows that were folded into one message share it, and it is the key of the sending';
COMMENT ON COLUMN outbox.deadline IS 'the deadline that the notice is about, if it is about one';
CREATE INDEX outbox_due ON outbox (next_try) WHERE state IN ('pending', 'failed');
CREATE INDEX outbox_message ON outbox (message) WHERE message IS NOT NULL;
CREATE INDEX outbox_case ON outbox (case_id);
CREATE INDEX outbox_bad ON outbox (at) WHERE state IN ('failed', 'dead', 'withheld');
