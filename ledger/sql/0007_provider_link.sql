-- One-time links by which a provider answers a question. The secret itself is shown once and kept nowhere: only its hash
-- is here, so that who reads this table can answer nothing. Of several links of one question the newest is good.

CREATE TABLE provider_link (
    ordinal    bigint      GENERATED ALWAYS AS IDENTITY,
    token_hash bytea       PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    case_id    uuid        NOT NULL,
    link       text        NOT NULL,
    provider   text        NOT NULL,
    issued_by  jsonb       NOT NULL,
    issued_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN provider_link.link IS 'the question, as the event provider_asked names it; no secret';
CREATE INDEX provider_link_question ON provider_link (case_id, link, ordinal);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON provider_link
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
