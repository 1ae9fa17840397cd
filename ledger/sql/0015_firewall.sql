-- The firewall (回避与隔离) for the reads: which cases do not exist for somebody. It says what domain/firewall.py says; a
-- test holds the two together. Every read of cases leaves out hidden_from(viewer), so that nothing of a hidden case gets
-- into a total, an order, a page mark or an error.
--
--   case_now.against    the accused bodies
--   case_now.recused    persons walled off by name: who stepped out, or has a declared interest
--   case_now.taken_by   who took in a case that accuses somebody: he sees it only while he acts for the answering body

ALTER TABLE case_now
    ADD COLUMN against  text[] NOT NULL DEFAULT '{}',
    ADD COLUMN recused  text[] NOT NULL DEFAULT '{}',
    ADD COLUMN taken_by text[] NOT NULL DEFAULT '{}';
CREATE INDEX case_now_walled ON case_now (case_id) WHERE against <> '{}' OR recused <> '{}';
CREATE INDEX body_successor ON body (version, (doc ->> 'successor')) WHERE doc ->> 'successor' IS NOT NULL;

-- The stretches in which a person acted for a body, by any version of the pack: the newest says from when to when, an
-- older one what was so while it was the newest.
CREATE FUNCTION served_by(who text) RETURNS TABLE (body text, since timestamptz, until timestamptz)
LANGUAGE sql STABLE AS $$
    SELECT t.body,
           CASE WHEN p.replaced_at IS NULL THEN t.valid_from ELSE greatest(t.valid_from, p.loaded_at) END,
           coalesce(least(t.valid_to, p.replaced_at), 'infinity')
    FROM post t
    JOIN (SELECT version, loaded_at, lead(loaded_at) OVER (ORDER BY version) AS replaced_at FROM pack_version) p
        USING (version)
    WHERE t.person = who AND (p.replaced_at IS NULL OR p.replaced_at > p.loaded_at)
$$;

-- The bodies whose accusation bars a person, each with the stretch that a case has to meet: those he acts or acted for,
-- those above them, and those that one of all these succeeded. Upwards the wall ends below the outside organ.
CREATE FUNCTION walls_of(who text) RETURNS TABLE (body text, since timestamptz, until timestamptz)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE v AS (
        SELECT version, policy -> 'links' -> 'firewall' AS kinds FROM pack_version ORDER BY version DESC LIMIT 1
    ), reach (body, since, until) AS (
        SELECT s.body, s.since, s.until FROM served_by(who) s WHERE s.since < s.until
        UNION
        SELECT l.up, greatest(r.since, b.valid_from),
               least(r.until, coalesce((b.doc ->> 'valid_to')::timestamptz, 'infinity'))
        FROM reach r
        CROSS JOIN v
        JOIN body b ON b.version = v.version AND b.id = r.body
        CROSS JOIN LATERAL (
            SELECT k ->> 'to' AS up FROM jsonb_array_elements(b.doc -> 'links') k WHERE v.kinds ? (k ->> 'kind')
        ) l
        WHERE NOT EXISTS (SELECT FROM body o WHERE o.version = v.version AND o.id = l.up AND o.level = 'outside')
    ), line (body, since, until) AS (
        SELECT r.body, r.since, r.until FROM reach r
        UNION
        SELECT b.id, l.since, l.until
        FROM line l CROSS JOIN v JOIN body b ON b.version = v.version AND b.doc ->> 'successor' = l.body
    )
    SELECT l.body, l.since, l.until FROM line l
$$;

-- The cases that do not exist for a viewer. Nobody named, or somebody who holds no post, could be anybody: for him there
-- is no case that is hidden from anyone.
CREATE FUNCTION hidden_from(viewer text) RETURNS SETOF uuid
LANGUAGE sql STABLE AS $$
    WITH held AS MATERIALIZED (
        SELECT DISTINCT t.body FROM post t
        WHERE t.person = viewer AND t.version = (SELECT max(version) FROM pack_version)
          AND t.valid_from <= now() AND (t.valid_to IS NULL OR now() < t.valid_to)
    ), walls AS MATERIALIZED (
        SELECT w.body, w.until FROM walls_of(viewer) w WHERE w.since <= now()
    ), own AS MATERIALIZED (
        SELECT n.case_id
        FROM case_now n
        WHERE (n.against <> '{}' OR n.recused <> '{}')
          AND (NOT EXISTS (SELECT FROM held)
               OR viewer = ANY (n.recused)
               OR (n.against <> '{}' AND viewer = ANY (n.taken_by)
                   AND NOT EXISTS (SELECT FROM held h WHERE h.body = coalesce(n.lead, n.dispatcher)))
               OR EXISTS (SELECT FROM walls w WHERE w.body = ANY (n.against) AND n.registered_at < w.until))
    )
    SELECT o.case_id FROM own o
    UNION
    SELECT n.case_id FROM own o JOIN case_now n ON n.parent = o.case_id
    UNION
    SELECT h.case_id FROM own o JOIN holding h ON h.follows = o.case_id
$$;
