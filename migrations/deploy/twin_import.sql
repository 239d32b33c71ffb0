-- Deploy canvass:twin_import to pg

-- What an import made new is found by its references and names, each from its index. Before, each batch
-- was joined with all that the import had made so far, so a long list took its square. A registry that
-- is being filled has no statistics yet, and the planner would read whole tables for every batch; each
-- OFFSET 0 has it look up one row's matches in the index instead.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE OR REPLACE FUNCTION import_and_compare(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET jit = off
AS $$
DECLARE
    answer jsonb := import_employers(request);
    looks_like jsonb;
BEGIN
    IF (answer ->> 'created')::integer = 0 THEN
        RETURN answer;
    END IF;
    -- By reference, else by name: each from its index, and before it is asked what is new, of which
    -- the planner expects one row and then reads the batch again for every one.
    WITH given AS MATERIALIZED (
        SELECT r.line, tidy(r.ref) AS ref, normal_name(r.name) COLLATE natural_order AS name_key
          FROM jsonb_to_recordset(request -> 'rows') AS r (line integer, ref text, name text)
    ), named AS MATERIALIZED (
        SELECT k.employer_id AS id, g.line
          FROM given g JOIN employer_ref k ON k.source = request ->> 'source' AND k.ref = g.ref
        UNION ALL
        SELECT k.id, g.line FROM given g JOIN employer k ON k.name_key = g.name_key WHERE g.ref IS NULL
    ), fresh AS MATERIALIZED (
        SELECT n.id, n.line, e.name_key COLLATE "C" AS name
          FROM (SELECT n.id, min(n.line) AS line FROM named n GROUP BY n.id) AS n
         CROSS JOIN LATERAL (SELECT o.name_key FROM employer o
                              WHERE o.id = n.id AND o.created_at = now() AND o.created_by_name = 'import' OFFSET 0) AS e
    ), place AS MATERIALIZED (
        SELECT f.id, f.line, f.name, s.id AS site_id, s.postcode
          FROM fresh f CROSS JOIN LATERAL (SELECT x.id, x.postcode FROM site x WHERE x.employer_id = f.id OFFSET 0) AS s
    ), calm AS MATERIALIZED (
        -- A list that has one postcode for everybody does not compare all with all.
        SELECT q.postcode
          FROM (SELECT DISTINCT l.postcode FROM place l) AS q
         WHERE (SELECT count(*) FROM (SELECT FROM site t WHERE t.postcode = q.postcode LIMIT 41) AS x) <= 40
    ), pair AS MATERIALIZED (
        SELECT l.line, l.id AS one, l.site_id AS one_site, o.id AS other, t.id AS other_site
          FROM place l JOIN calm c ON c.postcode = l.postcode
         CROSS JOIN LATERAL (SELECT x.id, x.employer_id FROM site x
                              WHERE x.postcode = l.postcode AND x.employer_id <> l.id AND NOT x.closed OFFSET 0) AS t
         CROSS JOIN LATERAL (SELECT x.id FROM employer x
                              WHERE x.id = t.employer_id AND (x.created_at < now() OR x.id < l.id)
                                AND similarity(x.name_key, l.name) >= 0.35 OFFSET 0) AS o
        UNION
        SELECT f.line, f.id, s.id, o.id, t.id
          FROM fresh f
         CROSS JOIN LATERAL (SELECT x.company_number, x.phone FROM employer x
                              WHERE x.id = f.id AND (x.company_number IS NOT NULL OR x.phone IS NOT NULL) OFFSET 0) AS e
         CROSS JOIN LATERAL (SELECT x.id FROM employer x
                              WHERE x.id <> f.id AND (x.created_at < now() OR x.id < f.id)
                                AND ((x.company_number IS NOT NULL AND x.company_number = e.company_number)
                                     OR (x.phone IS NOT NULL AND phone_digits(x.phone) = phone_digits(e.phone))) OFFSET 0) AS o
          LEFT JOIN LATERAL (SELECT x.id FROM site x WHERE x.employer_id = f.id OFFSET 0) AS s ON true
          LEFT JOIN LATERAL (SELECT x.id FROM site x WHERE x.employer_id = o.id AND NOT x.closed OFFSET 0) AS t ON true
    ), weighed AS (
        SELECT p.line, p.other, p.other_site,
               twin_evidence(a, b, (SELECT count(*)::integer FROM (SELECT FROM employer n WHERE n.name_key = (e.this).name_key
                                                                   LIMIT most_counted()) AS x),
                             (SELECT count(DISTINCT f.name_key COLLATE "C")::integer FROM site n JOIN employer f ON f.id = n.employer_id
                               WHERE n.postcode = (s.this).postcode)) AS evidence
          FROM pair p
         CROSS JOIN LATERAL (SELECT x AS this FROM employer x WHERE x.id = p.one OFFSET 0) AS e
         CROSS JOIN LATERAL (SELECT x AS this FROM employer x WHERE x.id = p.other OFFSET 0) AS o
          LEFT JOIN LATERAL (SELECT x AS this FROM site x WHERE x.id = p.one_site OFFSET 0) AS s ON true
          LEFT JOIN LATERAL (SELECT x AS this FROM site x WHERE x.id = p.other_site OFFSET 0) AS t ON true
         CROSS JOIN LATERAL twin_profiles(e.this, s.this, NULL) AS a
         CROSS JOIN LATERAL twin_profiles(o.this, t.this, NULL) AS b
    ), best AS (
        SELECT DISTINCT ON (w.line) w.line, w.other, w.other_site, w.evidence, twin_score(w.evidence, (SELECT twin_weights())) AS score
          FROM weighed w ORDER BY w.line, score DESC, w.other
    )
    SELECT jsonb_agg(jsonb_build_object(
               'line', b.line, 'field', 'name', 'severity', 'warning',
               'reason', format('Likely the same as %s (%s %%: %s); merge them if they are one.',
                                (SELECT concat_ws(', ', o.name, t.postcode) FROM employer o LEFT JOIN site t ON t.id = b.other_site
                                  WHERE o.id = b.other),
                                floor(100 * b.score::numeric), array_to_string(twin_reasons(b.evidence), ', ')))
               ORDER BY b.line)
      INTO looks_like
      FROM best b WHERE b.score >= twin_threshold('import');
    RETURN CASE WHEN looks_like IS NULL THEN answer
                ELSE jsonb_set(answer, '{problems}', coalesce(answer -> 'problems', '[]') || looks_like) END;
END
$$;

COMMIT;
