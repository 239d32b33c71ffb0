-- Deploy canvass:twin_plan to pg

-- Finding twins by the words of a name, from the index of words however large the registry is. The
-- planner does not know the words, takes them for common ones, and from some size on read all sites in
-- the order of their ids instead, to find the first sixty. OFFSET 0 keeps it from looking at the order.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- The module's settings are known once it is loaded.
DO $$ BEGIN PERFORM show_limit(); END $$;

CREATE OR REPLACE FUNCTION find_twins(asked employer, place site, emails text[], at_least double precision, most integer)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET pg_trgm.similarity_threshold = 0.4
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    seen twin_profile[] := ARRAY(SELECT p FROM twin_profiles(asked, place, emails) AS p);
    key text := asked.name_key COLLATE "C";
    district text := lower(split_part(place.postcode, ' ', 1));
    words text[];
    queries tsquery[];
    crowd integer;
    places integer;
    phone_keys text[] := seen[1].phones;
    web_keys text[] := seen[1].webs;
BEGIN
    IF actor() IS NULL THEN
        RETURN '[]';
    END IF;
    -- The rarest words lead.
    words := ARRAY(SELECT x.known FROM (SELECT DISTINCT k.known, k.employers
                                          FROM unnest(seen) AS p CROSS JOIN LATERAL unnest(p.words) AS w
                                         CROSS JOIN LATERAL known_words(w) AS k) AS x
                    ORDER BY x.employers, x.known LIMIT 5);
    queries := ARRAY(SELECT CASE WHEN w.employers <= 50 THEN quote_literal(x.word)::tsquery
                                 WHEN district <> '' THEN (quote_literal(x.word) || '&' || quote_literal(district))::tsquery END
                       FROM unnest(words) WITH ORDINALITY AS x (word, i) JOIN name_word w ON w.word = x.word
                      WHERE w.employers <= 50 OR (district <> '' AND x.i <= 2) ORDER BY x.i);
    IF cardinality(words) >= 2 THEN
        queries := queries || (quote_literal(words[1]) || '&' || quote_literal(words[2]))::tsquery;
    END IF;
    places := (SELECT count(DISTINCT x.place)
                 FROM (SELECT coalesce(i.postcode, o.id::text) AS place
                         FROM employer o LEFT JOIN site i ON i.employer_id = o.id AND NOT i.closed
                        WHERE o.name_key = asked.name_key ORDER BY o.id LIMIT most_counted()) AS x);
    crowd := (SELECT count(DISTINCT f.name_key COLLATE "C") FROM site o JOIN employer f ON f.id = o.employer_id
               WHERE o.postcode = place.postcode AND NOT o.closed);
    RETURN (
        WITH found AS MATERIALIZED (
            SELECT x.id, 1 AS sure FROM (SELECT e.id FROM employer e
             WHERE e.company_number IS NOT NULL AND e.company_number = asked.company_number LIMIT 20) AS x
            UNION ALL
            SELECT e.id, 1 FROM employer e WHERE e.phone IS NOT NULL AND phone_digits(e.phone) = ANY (phone_keys)
            UNION ALL
            SELECT s.employer_id, 1 FROM site s WHERE s.phone IS NOT NULL AND phone_digits(s.phone) = ANY (phone_keys)
            UNION ALL
            SELECT e.id, 1 FROM employer e WHERE e.website IS NOT NULL AND web_host(e.website) = ANY (web_keys)
            UNION ALL
            (SELECT e.id, 0 FROM employer e WHERE e.name_key = asked.name_key ORDER BY e.id LIMIT 30)
            UNION ALL
            SELECT s.employer_id, 0 FROM site s WHERE s.postcode = place.postcode AND NOT s.closed
            UNION ALL
            SELECT x.employer_id, 0 FROM unnest(queries) AS q
             CROSS JOIN LATERAL (SELECT f.employer_id
                                   FROM (SELECT s.id, s.employer_id FROM site s WHERE s.words @@ q AND NOT s.closed OFFSET 0) AS f
                                  ORDER BY f.id LIMIT 60) AS x
            UNION ALL
            SELECT x.id, 0 FROM (SELECT f.id FROM (SELECT e.id FROM employer e WHERE e.open_sites = 0 AND e.name_key % key OFFSET 0) AS f
                                  ORDER BY f.id LIMIT 20) AS x
        ), likely AS MATERIALIZED (
            -- The names that are most alike, at the site that is nearest.
            SELECT e, s
              FROM (SELECT f.id, max(f.sure) AS sure FROM found f WHERE f.id <> asked.id GROUP BY f.id) AS c
              JOIN employer e ON e.id = c.id
              LEFT JOIN LATERAL (
                   SELECT i FROM site i WHERE i.employer_id = e.id AND NOT i.closed
                    ORDER BY i.postcode = place.postcode DESC NULLS LAST,
                             left(i.postcode, -2) = left(place.postcode, -2) DESC NULLS LAST, i.id LIMIT 1) AS o ON true
              LEFT JOIN LATERAL (SELECT (o.i).*) AS s ON true
             CROSS JOIN LATERAL (SELECT greatest(similarity(e.name_key, key), word_similarity(e.name_key, key),
                                                 word_similarity(key, e.name_key)) AS alike) AS n
             WHERE c.sure = 1 OR n.alike >= 0.3
             ORDER BY c.sure DESC, n.alike + (s.postcode = place.postcode)::integer DESC NULLS LAST, e.id
             LIMIT 16
        ), weighed AS MATERIALIZED (
            SELECT p.employer_id, p.site_id, twin_evidence(a, p, places, crowd) AS evidence
              FROM likely l
             CROSS JOIN LATERAL twin_profiles(
                   (SELECT l.e), CASE WHEN (l.s).id IS NULL THEN NULL::site ELSE (SELECT ROW((l.s).*)::site) END,
                   (SELECT array_agg(c.email) FROM contact c
                     WHERE c.employer_id = (l.e).id AND c.borough_id = borough() AND c.email IS NOT NULL)) AS p
             CROSS JOIN unnest(seen) AS a
        ), best AS (
            SELECT DISTINCT ON (w.employer_id) w.employer_id, w.site_id, w.evidence,
                   twin_score(w.evidence, (SELECT twin_weights())) AS score
              FROM weighed w
             ORDER BY w.employer_id, score DESC, w.site_id
        )
        SELECT coalesce(jsonb_agg(twin_json(b.employer_id, b.site_id, b.score, twin_reasons(b.evidence))
                                  ORDER BY b.score DESC, b.employer_id), '[]')
          FROM (SELECT * FROM best WHERE best.score >= at_least ORDER BY best.score DESC, best.employer_id LIMIT most) AS b);
END
$$;

COMMIT;
