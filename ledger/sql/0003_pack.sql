-- The pack: bodies, people, places, matters and policy, each row under the version that it was loaded with. A new
-- version never touches what an older one said; decisions name the version that they were made by.

CREATE TABLE pack_version (
    version   integer     PRIMARY KEY,
    pack      text        NOT NULL,
    digest    text        NOT NULL,
    title     jsonb       NOT NULL,
    zone      text        NOT NULL,
    policy    jsonb       NOT NULL,
    loaded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE body (
    version    integer     NOT NULL REFERENCES pack_version,
    id         text        NOT NULL,
    valid_from timestamptz NOT NULL,
    kind       text        NOT NULL,
    level      text        NOT NULL,
    division   text        NOT NULL,
    name_zh    text        NOT NULL,
    name_en    text        NOT NULL,
    above      text[]      NOT NULL,
    doc        jsonb       NOT NULL,
    PRIMARY KEY (version, id, valid_from)
);
COMMENT ON COLUMN body.above IS 'what a decision about it may need too: the ends of its links, and its successor';
CREATE INDEX body_division ON body (version, division);

CREATE TABLE place (
    version integer NOT NULL REFERENCES pack_version,
    code    text    NOT NULL,
    name    text    NOT NULL,
    level   text    NOT NULL,
    parent  text,
    PRIMARY KEY (version, code)
);

CREATE TABLE matter (
    version   integer NOT NULL REFERENCES pack_version,
    id        text    NOT NULL,
    name_zh   text    NOT NULL,
    name_en   text    NOT NULL,
    procedure text    NOT NULL,
    doc       jsonb   NOT NULL,
    PRIMARY KEY (version, id)
);

CREATE TABLE person (
    version integer NOT NULL REFERENCES pack_version,
    id      text    NOT NULL,
    name    text    NOT NULL,
    PRIMARY KEY (version, id)
);

CREATE TABLE post (
    version    integer     NOT NULL REFERENCES pack_version,
    ordinal    integer     NOT NULL,
    person     text        NOT NULL,
    body       text        NOT NULL,
    role       text        NOT NULL,
    valid_from timestamptz NOT NULL,
    valid_to   timestamptz,
    PRIMARY KEY (version, ordinal),
    FOREIGN KEY (version, person) REFERENCES person
);
CREATE INDEX post_person ON post (version, person);
CREATE INDEX post_body ON post (version, body);

CREATE TABLE dispatch (
    version   integer NOT NULL REFERENCES pack_version,
    procedure text    NOT NULL,
    division  text    NOT NULL,
    body      text    NOT NULL,
    PRIMARY KEY (version, procedure, division)
);

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['pack_version', 'body', 'place', 'matter', 'person', 'post', 'dispatch'] LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', name);
    END LOOP;
END
$$;
