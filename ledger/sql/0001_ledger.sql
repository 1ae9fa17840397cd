-- The ledger (台账): what has happened, and what every command was answered. Rows are added and never changed.
--
--   head      one row: the last position and instant. It is locked last in an append, so that positions have no gaps,
--             become visible in order, and recorded_at never runs backwards.
--   event     one row for each event, in its envelope
--   command   one row for each command that was decided, refusals too

CREATE TABLE head (
    only_row    boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    position    bigint      NOT NULL CHECK (position >= 0),
    recorded_at timestamptz NOT NULL
);
INSERT INTO head (position, recorded_at) VALUES (0, '-infinity');

CREATE TABLE event (
    position     bigint      PRIMARY KEY,
    case_id      uuid        NOT NULL,
    version      integer     NOT NULL CHECK (version > 0),
    event_id     uuid        NOT NULL UNIQUE,
    command_id   text        NOT NULL,
    type         text        NOT NULL,
    schema       smallint    NOT NULL CHECK (schema > 0),
    at           timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL,
    done_at      timestamptz,
    actor        jsonb       NOT NULL,
    facts        jsonb       NOT NULL,
    body         jsonb       NOT NULL,
    UNIQUE (case_id, version)
);

CREATE TABLE command (
    case_id       uuid        NOT NULL,
    command_id    text        NOT NULL,
    type          text        NOT NULL,
    fingerprint   text        NOT NULL,
    at            timestamptz NOT NULL,
    recorded_at   timestamptz NOT NULL,
    actor         jsonb       NOT NULL,
    facts         jsonb       NOT NULL,
    outcome       text        NOT NULL CHECK (outcome IN ('done', 'refused')),
    first_version integer,
    last_version  integer,
    personal      uuid,
    answer        jsonb       NOT NULL,
    PRIMARY KEY (case_id, command_id),
    CHECK ((first_version IS NULL) = (last_version IS NULL) AND first_version <= last_version)
);
CREATE INDEX command_personal ON command (personal) WHERE personal IS NOT NULL;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are added and never changed: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON command
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
