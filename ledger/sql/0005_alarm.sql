-- Alarms: what a person has to look at. The same alarm again is counted, so that it cannot drown the others.

CREATE TABLE alarm (
    id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind     text        NOT NULL,
    case_id  uuid        NOT NULL,
    detail   text        NOT NULL,
    times    integer     NOT NULL DEFAULT 1,
    first_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (kind, case_id, detail)
);
CREATE INDEX alarm_last ON alarm (last_at DESC);
