-- Revert canvass:twin_import from pg

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
    WITH fresh AS MATERIALIZED (
        SELECT DISTINCT ON (e.id) e.id, r.line, e.name_key COLLATE "C" AS name
          FROM jsonb_to_recordset(request -> 'rows') AS r (line integer, ref text, name text)
          LEFT JOIN employer_ref k ON k.source = request ->> 'source' AND k.ref = tidy(r.ref)
          JOIN employer e ON e.id = k.employer_id OR (k.ref IS NULL AND tidy(r.ref) IS NULL AND e.name_key = normal_name(r.name))
         WHERE e.created_at = now() AND e.created_by_name = 'import'
         ORDER BY e.id, r.line
    ), calm AS MATERIALIZED (
        -- A list that has one postcode for everybody does not compare all with all.
        SELECT q.postcode
          FROM (SELECT DISTINCT s.postcode FROM fresh f JOIN site s ON s.employer_id = f.id) AS q
         WHERE (SELECT count(*) FROM (SELECT FROM site t WHERE t.postcode = q.postcode LIMIT 41) AS x) <= 40
    ), pair AS MATERIALIZED (
        SELECT f.line, f.id AS one, s.id AS one_site, o.id AS other, t.id AS other_site
          FROM calm c JOIN site s ON s.postcode = c.postcode JOIN fresh f ON f.id = s.employer_id
          JOIN site t ON t.postcode = s.postcode AND t.employer_id <> f.id AND NOT t.closed
          JOIN employer o ON o.id = t.employer_id
         WHERE (o.created_at < now() OR o.id < f.id) AND similarity(o.name_key, f.name) >= 0.35
        UNION
        SELECT f.line, f.id, s.id, o.id, t.id
          FROM fresh f JOIN employer e ON e.id = f.id
          JOIN employer o ON o.id <> e.id
               AND ((o.company_number IS NOT NULL AND o.company_number = e.company_number)
                    OR (o.phone IS NOT NULL AND phone_digits(o.phone) = phone_digits(e.phone)))
          LEFT JOIN site s ON s.employer_id = e.id
          LEFT JOIN site t ON t.employer_id = o.id AND NOT t.closed
         WHERE (e.company_number IS NOT NULL OR e.phone IS NOT NULL) AND (o.created_at < now() OR o.id < e.id)
    ), weighed AS (
        SELECT p.line, p.other, p.other_site,
               twin_evidence(a, b, (SELECT count(*)::integer FROM (SELECT FROM employer n WHERE n.name_key = e.name_key
                                                                   LIMIT most_counted()) AS x),
                             (SELECT count(DISTINCT f.name_key COLLATE "C")::integer FROM site n JOIN employer f ON f.id = n.employer_id
                               WHERE n.postcode = s.postcode)) AS evidence
          FROM pair p
          JOIN employer e ON e.id = p.one LEFT JOIN site s ON s.id = p.one_site
          JOIN employer o ON o.id = p.other LEFT JOIN site t ON t.id = p.other_site
         CROSS JOIN LATERAL twin_profiles(e, s, NULL) AS a
         CROSS JOIN LATERAL twin_profiles(o, t, NULL) AS b
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
