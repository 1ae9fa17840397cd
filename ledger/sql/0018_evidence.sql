-- Evidence (存证): one Merkle tree over everything that was recorded, and signed checkpoints of it.
--
--   leaf         one row for each event, command, reading and signing key: its place in the tree, and its hash. Places are
--                given by a single sequencer after the row's transaction has committed (docs/decisions/0031)
--   tree         one row: how far the sequencer has come, and the hashes from which it goes on
--   checkpoint   the tree's head as it was signed, in the form in which it is mailed
--   signing_key  the public keys, in the order in which they came into use; each is itself a leaf

CREATE TABLE tree (
    only_row  boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    origin    text        NOT NULL,
    suite     text        NOT NULL,
    size      bigint      NOT NULL CHECK (size >= 0),
    peaks     bytea[]     NOT NULL,
    events    bigint      NOT NULL,
    commands  timestamptz NOT NULL,
    readings  bigint      NOT NULL,
    keys      integer     NOT NULL
);
COMMENT ON COLUMN tree.peaks IS 'the roots of the full subtrees, the largest first';
COMMENT ON COLUMN tree.events IS 'position of the last event that has a leaf; readings and keys likewise';
COMMENT ON COLUMN tree.commands IS 'recorded_at of the last command that has a leaf';

CREATE TABLE leaf (
    index      bigint PRIMARY KEY CHECK (index >= 0),
    kind       text   NOT NULL CHECK (kind IN ('event', 'command', 'reading', 'key')),
    ordinal    bigint,
    case_id    uuid,
    command_id text,
    hash       bytea  NOT NULL CHECK (octet_length(hash) = 32),
    CHECK ((kind = 'command') = (ordinal IS NULL)),
    CHECK ((kind = 'command') = (case_id IS NOT NULL AND command_id IS NOT NULL))
);
COMMENT ON COLUMN leaf.ordinal IS 'position of the event or reading, number of the key';
CREATE UNIQUE INDEX leaf_ordinal ON leaf (kind, ordinal) WHERE kind <> 'command';
CREATE UNIQUE INDEX leaf_command ON leaf (case_id, command_id) WHERE kind = 'command';

CREATE TABLE checkpoint (
    size    bigint      PRIMARY KEY CHECK (size > 0),
    root    bytea       NOT NULL CHECK (octet_length(root) = 32),
    note    text        NOT NULL,
    made_at timestamptz NOT NULL
);

CREATE TABLE signing_key (
    ordinal     integer     PRIMARY KEY CHECK (ordinal > 0),
    vkey        text        NOT NULL UNIQUE,
    suite       text        NOT NULL,
    endorsed_by text,
    endorsement text,
    made_at     timestamptz NOT NULL,
    CHECK ((endorsed_by IS NULL) = (endorsement IS NULL))
);
COMMENT ON COLUMN signing_key.endorsement IS 'the key before signs this one; none where it was lost';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON leaf
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signing_key
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON tree
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Commands become visible in the order of recorded_at, since head is locked until their commit.
CREATE INDEX command_recorded ON command (recorded_at);

-- Readings are counted like events: no holes, and visible in order, so that "after the last one" misses none.
CREATE TABLE reading_head (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    position bigint  NOT NULL CHECK (position >= 0)
);
INSERT INTO reading_head (position) SELECT coalesce(max(position), 0) FROM reading;
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON reading_head
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE reading ALTER COLUMN position DROP IDENTITY;

CREATE FUNCTION count_reading() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE reading_head SET position = position + 1 RETURNING position INTO NEW.position;
    NEW.at := clock_timestamp();
    RETURN NEW;
END
$$;
CREATE TRIGGER counted BEFORE INSERT ON reading FOR EACH ROW EXECUTE FUNCTION count_reading();
