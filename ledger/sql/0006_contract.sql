-- Providers and contracts of the pack, each row under the version that it was loaded with.

CREATE TABLE provider (
    version integer NOT NULL REFERENCES pack_version,
    body    text    NOT NULL,
    doc     jsonb   NOT NULL,
    PRIMARY KEY (version, body)
);

CREATE TABLE contract (
    version  integer NOT NULL REFERENCES pack_version,
    id       text    NOT NULL,
    provider text    NOT NULL,
    doc      jsonb   NOT NULL,
    PRIMARY KEY (version, id)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON provider
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON contract
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
