-- Cases that belong together: who follows whom, which cases are tied, and which came from the same reporter.
--
--   case_now.parent   the case that this one follows now
--   holding.follows   the case that it followed in that interval
--   tie               the notes that one case has to do with another; written by one of the two, read from both
--   reporter          keyed hashes of a reporter's telephone, beside the compartment row that holds it

ALTER TABLE case_now ADD COLUMN parent uuid;
CREATE INDEX case_now_parent ON case_now (parent, case_id) WHERE parent IS NOT NULL;

ALTER TABLE holding ADD COLUMN follows uuid;
CREATE INDEX holding_follows ON holding (follows, case_id) WHERE follows IS NOT NULL;

CREATE TABLE tie (
    case_id uuid        NOT NULL,
    version integer     NOT NULL,
    other   uuid        NOT NULL,
    kind    text        NOT NULL,
    at      timestamptz NOT NULL,
    PRIMARY KEY (case_id, version)
);
CREATE INDEX tie_other ON tie (other, case_id);

CREATE TABLE reporter (
    personal uuid    PRIMARY KEY REFERENCES compartment ON DELETE CASCADE,
    case_id  uuid    NOT NULL REFERENCES case_key ON DELETE CASCADE,
    marks    bytea[] NOT NULL
);
CREATE INDEX reporter_marks ON reporter USING gin (marks);
CREATE INDEX reporter_case ON reporter (case_id);
COMMENT ON COLUMN reporter.marks IS 'HMAC of the telephone under a key of each KEK: they say who is the same, not who';
