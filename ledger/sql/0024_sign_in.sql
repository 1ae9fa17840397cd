-- Who is signed in to the console, and what was tried. Persons are the pack's ids; no name, no address, no secret.
--
--   session       one row for each browser that is signed in: the hash of its token, never the token
--   sign_in_try   a sign-in that was begun and has not come back from the provider yet; used once, minutes long
--   sign_in       what came of every try, every sign-out and every change of hat: added and never changed

CREATE TABLE session (
    token_hash bytea       PRIMARY KEY,
    person     text        NOT NULL,
    hat        text,
    began_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    seen_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    ends_at    timestamptz NOT NULL
);
COMMENT ON COLUMN session.token_hash IS 'SHA-256 of 256 random bits';
COMMENT ON COLUMN session.hat IS 'role@body, as chosen; NULL: the first that may';
CREATE INDEX session_person ON session (person);
CREATE INDEX session_ends ON session (ends_at);

CREATE TABLE sign_in_try (
    state_hash bytea       PRIMARY KEY,
    nonce      text        NOT NULL,
    verifier   text        NOT NULL,
    back       text        NOT NULL,
    began_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE sign_in (
    id     bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    person text,
    what   text        NOT NULL CHECK (what IN
           ('signed_in', 'signed_out', 'signed_out_everywhere', 'hat_chosen', 'refused')),
    detail text        NOT NULL DEFAULT ''
);
COMMENT ON COLUMN sign_in.detail IS 'a code: why it was refused, or the hat; never what somebody typed';
CREATE INDEX sign_in_at ON sign_in (at);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sign_in
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
