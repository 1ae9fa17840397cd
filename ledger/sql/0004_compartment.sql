-- The compartment (个人信息隔离区): the only place for personal data, and it holds ciphertext alone.
--
--   case_key      one data key for each case, wrapped by a key-encryption key that is not in this database
--   compartment   one row for each command that carries personal data, written before the command is sent
--   reading       who looked, at what, why; written before the plain text is released, never changed

CREATE TABLE case_key (
    case_id uuid        PRIMARY KEY,
    kek     text        NOT NULL,
    wrapped bytea       NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE compartment (
    id         uuid        PRIMARY KEY,
    case_id    uuid        NOT NULL REFERENCES case_key,
    command_id text        NOT NULL,
    fields     text[]      NOT NULL,
    sealed     bytea       NOT NULL,
    digest     text        NOT NULL,
    mac        text        NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (case_id, command_id)
);
CREATE INDEX compartment_written ON compartment (written_at);
ALTER TABLE command ADD FOREIGN KEY (personal) REFERENCES compartment;

CREATE TABLE reading (
    position bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id  uuid        NOT NULL,
    personal uuid        NOT NULL,
    reader   jsonb       NOT NULL,
    fields   text[]      NOT NULL,
    reason   text        NOT NULL,
    at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX reading_case ON reading (case_id, position);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reading
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
