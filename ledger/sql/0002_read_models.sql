-- Read models: what the events add up to, written in the transaction of the append and rebuilt from zero at will.
-- The columns are filled by ledger/projection.py alone; nothing here is a second truth.
--
--   case_now   one row for each case as it stands
--   holding    the closed intervals of responsibility; the running one is in case_now
--   desk       whose queue shows an open case, and why
--   inbox      the notices: what a body was told, when

CREATE TABLE case_now (
    case_id       uuid        PRIMARY KEY,
    number        text        NOT NULL,
    version       integer     NOT NULL,
    episode       integer     NOT NULL,
    state         text        NOT NULL,
    kind          text        NOT NULL,
    procedure     text        NOT NULL,
    matter        text,
    place         text,
    dispatcher    text        NOT NULL,
    lead          text,
    answering     text,
    charge        text,
    charged_to    text,
    next_deadline timestamptz,
    deadline_kind text,
    due_order     timestamptz NOT NULL,
    missed        boolean     NOT NULL,
    exceptions    text[]      NOT NULL,
    registered_at timestamptz NOT NULL,
    received_at   timestamptz,
    last_at       timestamptz NOT NULL,
    ended_at      timestamptz,
    shape         text        NOT NULL,
    doc           jsonb       NOT NULL,
    CONSTRAINT case_now_number UNIQUE (number)
);
COMMENT ON COLUMN case_now.due_order IS 'next_deadline, or infinity: the order of every queue, with the number';
COMMENT ON COLUMN case_now.missed IS 'a deadline of this case has passed and the ladder it started still runs';
COMMENT ON COLUMN case_now.shape IS 'mark of the shape of doc; another one than the code''s means: fold the events';
CREATE INDEX case_now_open ON case_now (due_order, number) WHERE state <> 'ended';
CREATE INDEX case_now_state ON case_now (state, due_order, number);

CREATE TABLE holding (
    case_id     uuid        NOT NULL,
    opened_by   integer     NOT NULL,
    opened_type text        NOT NULL,
    closed_by   integer     NOT NULL,
    closed_type text        NOT NULL,
    episode     integer     NOT NULL,
    answering   text        NOT NULL,
    charge      text        NOT NULL,
    charged_to  text,
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    PRIMARY KEY (case_id, opened_by),
    CHECK (starts_at < ends_at)
);

CREATE TABLE desk (
    case_id uuid   NOT NULL,
    body    text   NOT NULL,
    because text[] NOT NULL,
    PRIMARY KEY (case_id, body)
);
CREATE INDEX desk_body ON desk (body, case_id);

CREATE TABLE inbox (
    case_id uuid        NOT NULL,
    version integer     NOT NULL,
    body    text        NOT NULL,
    kind    text        NOT NULL,
    number  text        NOT NULL,
    at      timestamptz NOT NULL,
    PRIMARY KEY (case_id, version, body)
);
CREATE INDEX inbox_body ON inbox (body, at DESC, case_id, version);
