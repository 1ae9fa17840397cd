"""The look-up: the slice of the newest pack that a decision needs, read in one statement, so of one version.

Bodies come with everything above them over links of every kind and with their successors; places with those above
and with the bodies there that may whistle or ask for it; contracts with their providers.
With a matter and a place come the bodies of that place, and above, that the catalogue could name as lead, and their
posts; with a division its joint conferences.
Of a body with several rows the one that is valid now is given, else the last that has begun, else the first to come.
"""

from typing import Any

import asyncpg

from domain.facts import Facts, Needs
from ledger.errors import NoPack
from ledger.relations import earlier_of_reporter, glances

_LOOK_UP = """
WITH RECURSIVE v AS (
    SELECT version, pack, policy, calendar, loaded_at FROM pack_version ORDER BY version DESC LIMIT 1
), places AS (
    SELECT p.code, p.name, p.level, p.parent, p.property_status
    FROM place p, v
    WHERE p.version = v.version AND p.code = ANY ($4)
    UNION
    SELECT p.code, p.name, p.level, p.parent, p.property_status
    FROM places below JOIN place p ON p.code = below.parent AND p.version = (SELECT version FROM v)
), conferences (id) AS (
    SELECT c.value
    FROM v, jsonb_each_text(v.policy -> 'joint_conference') c
    WHERE EXISTS (
        SELECT FROM (
            SELECT code FROM places
            UNION ALL
            SELECT b.division FROM body b WHERE b.version = v.version AND b.id = ANY ($1)
        ) here (code)
        WHERE starts_with(here.code, c.key))
), candidates (id) AS (
    SELECT b.id
    FROM v
    JOIN matter m ON m.version = v.version AND m.id = ANY ($3)
    CROSS JOIN LATERAL (
        SELECT m.doc -> 'lead' AS lead
        UNION ALL
        SELECT route -> 'lead' FROM jsonb_array_elements(m.doc -> 'routes') route
    ) may
    JOIN places p ON true
    JOIN body b ON b.version = v.version AND b.division = p.code
        AND b.kind = may.lead ->> 'kind' AND b.level = may.lead ->> 'level'
), contracts AS (
    SELECT c.id, c.provider, c.doc FROM contract c, v WHERE c.version = v.version AND c.id = ANY ($5)
), conveners (id) AS (
    SELECT b.id
    FROM v, places p JOIN body b ON b.division = p.code
    WHERE b.version = v.version AND coalesce(v.policy -> 'whistles', '[]') || coalesce(v.policy -> 'asks_whistle', '[]')
          ? b.kind
), wanted (id) AS (
    SELECT unnest($1::text[])
    UNION
    SELECT id FROM conferences
    UNION
    SELECT id FROM candidates
    UNION
    SELECT provider FROM contracts
    UNION
    SELECT id FROM conveners
    UNION
    SELECT d.body FROM v JOIN dispatch d ON d.version = v.version
    WHERE $7 AND EXISTS (
        SELECT FROM (
            SELECT code FROM places
            UNION ALL
            SELECT b.division FROM body b WHERE b.version = v.version AND b.id = ANY ($1)
        ) here (code)
        WHERE starts_with(here.code, d.division))
    UNION
    SELECT o.value FROM v, jsonb_each_text(v.policy -> 'misconduct_organ') o WHERE $7
), staffed (id) AS (
    SELECT id FROM wanted WHERE $7
    UNION
    SELECT unnest(b.above) FROM staffed s JOIN body b ON b.id = s.id AND b.version = (SELECT version FROM v)
), staff (person) AS (
    SELECT unnest($2::text[])
    UNION
    SELECT t.person FROM post t, v WHERE t.version = v.version AND t.body IN (SELECT id FROM staffed)
), served AS (
    SELECT t.person, t.body, t.role, greatest(t.valid_from, p.loaded_at) AS valid_from,
           least(t.valid_to, p.replaced_at) AS valid_to
    FROM post t
    JOIN (SELECT version, loaded_at, lead(loaded_at) OVER (ORDER BY version) AS replaced_at FROM pack_version) p
        USING (version)
    WHERE $7 AND p.replaced_at IS NOT NULL AND t.person IN (SELECT person FROM staff)
), posts AS (
    SELECT t.ordinal, t.person, t.body, t.role, t.valid_from, t.valid_to
    FROM post t, v
    WHERE t.version = v.version
        AND (t.person IN (SELECT person FROM staff) OR t.body = ANY ($1) OR t.body IN (SELECT id FROM candidates))
), reached (id) AS (
    SELECT id FROM (
        SELECT id FROM wanted UNION SELECT body FROM posts WHERE $7 UNION SELECT body FROM served
    ) asked (id)
    UNION
    SELECT unnest(b.above) FROM reached r JOIN body b ON b.id = r.id AND b.version = (SELECT version FROM v)
), rows AS (
    SELECT b.id, b.division, b.doc, row_number() OVER (
        PARTITION BY b.id ORDER BY (b.valid_from <= now()) DESC,
            CASE WHEN b.valid_from <= now() THEN -extract(epoch FROM b.valid_from)
                 ELSE extract(epoch FROM b.valid_from) END
    ) AS nth
    FROM reached r JOIN body b ON b.id = r.id AND b.version = (SELECT version FROM v)
), bodies AS (
    SELECT id, division, doc FROM rows WHERE nth = 1
)
SELECT v.version, v.pack, v.policy, v.calendar, v.loaded_at,
    (SELECT coalesce(jsonb_object_agg(id, doc), '{}') FROM bodies) AS bodies,
    (SELECT coalesce(jsonb_agg(doc ORDER BY id, nth), '[]') FROM rows WHERE $7 AND nth > 1) AS other_rows,
    (SELECT coalesce(jsonb_agg(to_jsonb(t) - 'ordinal' ORDER BY t.ordinal), '[]') FROM posts t) AS posts,
    (SELECT coalesce(jsonb_agg(to_jsonb(t) ORDER BY t.person, t.body, t.role, t.valid_from), '[]')
     FROM served t WHERE t.valid_to > t.valid_from) AS served,
    (SELECT coalesce(jsonb_object_agg(m.id, m.doc), '{}')
     FROM matter m WHERE m.version = v.version AND m.id = ANY ($3)) AS matters,
    (SELECT coalesce(jsonb_object_agg(code, to_jsonb(places)), '{}') FROM places) AS places,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'procedure', d.procedure, 'division', d.division, 'body', d.body
        ) ORDER BY d.division, d.procedure), '[]')
     FROM dispatch d
     WHERE d.version = v.version AND EXISTS (
        SELECT FROM (SELECT code FROM places UNION ALL SELECT division FROM bodies) here (code)
        WHERE starts_with(here.code, d.division))) AS dispatch,
    (SELECT coalesce(jsonb_agg(c.number ORDER BY c.number), '[]')
     FROM case_now c
     WHERE c.number = ANY ($6)
       AND NOT EXISTS (SELECT FROM unnest($2::text[]) w WHERE c.case_id IN (SELECT hidden_from(w)))
       AND EXISTS (SELECT FROM event x WHERE x.case_id = c.case_id AND x.type = 'way_exhausted')) AS exhausted,
    (SELECT coalesce(jsonb_object_agg(id, doc), '{}') FROM contracts) AS contracts,
    (SELECT coalesce(jsonb_object_agg(o.body, o.doc), '{}')
     FROM provider o WHERE o.version = v.version AND o.body IN (SELECT provider FROM contracts)) AS providers
FROM v
"""


async def look_up(pool: asyncpg.Pool, needs: Needs) -> Facts:
    """Facts for ``needs``, from the newest version of the pack. What does not exist is left out. Raises NoPack."""
    row = await pool.fetchrow(
        _LOOK_UP,
        sorted(needs.bodies),
        sorted(needs.people),
        sorted(needs.matters),
        sorted(needs.places),
        sorted(needs.contracts),
        sorted(needs.cases),
        needs.staff,
    )
    if row is None:
        raise NoPack
    slice_: dict[str, Any] = {key: value for key, value in row.items() if value is not None}
    facts = Facts.model_validate({**slice_, "asked": needs})
    if not needs.cases and needs.reporter is None:
        return facts
    earlier = await earlier_of_reporter(pool, needs.reporter) if needs.reporter else ()
    return facts.model_copy(update={"cases": await glances(pool, needs.cases), "earlier": earlier})
