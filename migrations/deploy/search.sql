-- Deploy canvass:search to pg

-- Finding employers. Words must all fit, each at the start of a word of the name, the address, the
-- borough or the postcode; a postcode in the query, whole or in part, restricts to its sites. Where
-- few fit, names that are nearly so (trigrams) come after them. One line an employer, at the site that fits
-- best. Order: how well the name fits, then nearest, then name.
--
-- These functions run as the owner: behind a policy, an operator that is not leakproof (LIKE, <%)
-- finds no index. They read only what every caller may see, and nothing for nobody.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DO $$ BEGIN PERFORM show_limit(); END $$;

-- Beginnings of postcodes in a query, and what is left of it: "wagamama SW9 8" -> 'SW9 8',
-- 'wagamama'. Only where such a postcode is known: B2B is a word.
CREATE FUNCTION split_query(query text, OUT beginning text, OUT rest text)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    q text := upper(coalesce(tidy(query), ''));
    found text[];
BEGIN
    -- "SW98HE", "SW9 8HE", "SW9 8H", "SW9 8", "SW9"
    found := regexp_match(q, '\m([A-Z]{1,2}[0-9][A-Z0-9]?)(?: +([0-9](?:[A-Z]{0,2})?)|([0-9][A-Z]{2}))?\M');
    rest := query;
    IF found IS NULL THEN
        RETURN;
    END IF;
    beginning := found[1] || coalesce(' ' || coalesce(found[2], found[3]), '');
    IF NOT EXISTS (SELECT FROM postcode_sector s WHERE s.sector >= found[1] AND s.sector < found[1] || 'a')
       AND NOT EXISTS (SELECT FROM site s WHERE s.postcode >= found[1] AND s.postcode < found[1] || 'a') THEN
        beginning := NULL;
        RETURN;
    END IF;
    rest := regexp_replace(q, '\m([A-Z]{1,2}[0-9][A-Z0-9]?)(?: +([0-9](?:[A-Z]{0,2})?)|([0-9][A-Z]{2}))?\M', ' ');
END
$$;

-- The middle of a whole or partial postcode.
CREATE FUNCTION near_point(given text, OUT easting integer, OUT northing integer)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    whole text := tidy_postcode(given);
    part text := regexp_replace(upper(coalesce(tidy(given), '')), '\s+', ' ', 'g');
BEGIN
    SELECT p.easting, p.northing INTO easting, northing FROM postcode p WHERE p.postcode = whole;
    IF NOT FOUND THEN
        part := coalesce(left(whole, -2), part);
        -- The sector, or the mean of a district's.
        SELECT round(avg(s.easting)), round(avg(s.northing)) INTO easting, northing
          FROM postcode_sector s
         WHERE s.sector = part OR (s.sector >= part || ' ' AND s.sector < part || '!');
    END IF;
    IF easting IS NULL THEN
        PERFORM fail('CV003', 'near_postcode', '"%s" is not in the postcode list.', left(given, 20));
    END IF;
END
$$;

CREATE FUNCTION search_employers(query text, borough_id text, sic text, near_postcode text,
                                 near_easting integer, near_northing integer,
                                 within_metres integer, page_size integer, page_token text)
RETURNS TABLE (id uuid, name text, site_id uuid, address text, postcode text, borough text,
               sector text, distance_metres integer, score double precision, sites integer,
               last_visit_at timestamptz, next_page_token text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET pg_trgm.word_similarity_threshold = 0.5
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    asked record;
    words text[];
    whole_name text;
    place_filter text := '';
    employer_filter text := '';
    distance text := 'NULL::integer';
    exact text := '';
    fuzzy text := '';
    found integer;
    lines text;
    keys text[] := page_key(search_employers.page_token, 4);
    sql text;
BEGIN
    IF actor() IS NULL THEN
        RETURN;
    END IF;
    IF within_metres NOT BETWEEN 0 AND 100000 THEN
        PERFORM fail('CV003', 'within_metres', 'Give 1 to 100,000 metres; 0 means no limit.');
    ELSIF coalesce(search_employers.sic, '') !~ '^[0-9]{0,5}$' THEN
        PERFORM fail('CV003', 'sic', 'A SIC 2007 code, or how it begins, is one to five digits.');
    END IF;
    IF tidy(near_postcode) IS NOT NULL THEN
        SELECT p.easting, p.northing INTO near_easting, near_northing FROM near_point(near_postcode) p;
    END IF;
    IF within_metres > 0 AND near_easting IS NULL THEN
        PERFORM fail('CV003', 'near', 'Say near which postcode or point.');
    END IF;

    asked := split_query(query);
    words := ARRAY(SELECT DISTINCT x FROM regexp_split_to_table(folded(coalesce(asked.rest, '')), ' ') AS x
                    WHERE x <> '' ORDER BY x LIMIT 8);
    -- What says nothing, unless nothing else is said.
    IF EXISTS (SELECT FROM unnest(words) AS x WHERE x <> ALL ('{a,and,at,in,limited,ltd,near,of,plc,the}')) THEN
        words := ARRAY(SELECT x FROM unnest(words) AS x
                        WHERE x <> ALL ('{a,and,at,in,limited,ltd,near,of,plc,the}'));
    END IF;
    whole_name := normal_name(coalesce(asked.rest, ''));

    IF near_easting IS NOT NULL THEN
        distance := format('round(sqrt((s.easting - %1$s)::float8 ^ 2 + (s.northing - %2$s)::float8 ^ 2))::integer',
                           near_easting, near_northing);
        IF within_metres > 0 THEN
            place_filter := place_filter || format(
                ' AND s.easting BETWEEN %1$s - %3$s AND %1$s + %3$s AND s.northing BETWEEN %2$s - %3$s AND %2$s + %3$s AND %4$s <= %3$s',
                near_easting, near_northing, within_metres, distance);
        END IF;
    END IF;
    IF coalesce(search_employers.borough_id, '') <> '' THEN
        place_filter := place_filter || format(' AND s.borough_id = %L', search_employers.borough_id);
    END IF;
    IF asked.beginning IS NOT NULL THEN
        place_filter := place_filter || format(' AND s.postcode >= %1$L AND s.postcode < %2$L',
                                               asked.beginning, asked.beginning || 'a');
        IF asked.beginning !~ ' ' THEN
            -- E1 is not E10, but SW1 is SW1A.
            place_filter := place_filter || format(' AND s.postcode ~ %L', '^' || asked.beginning || '[A-Z]? ');
        END IF;
    END IF;
    IF coalesce(search_employers.sic, '') <> '' THEN
        employer_filter := format(' AND e.sic >= %1$L AND e.sic < %2$L',
                                  search_employers.sic, search_employers.sic || 'a');
    END IF;

    IF cardinality(words) = 0 AND near_easting IS NULL THEN
        -- A plain list: walk the names.
        lines := format($q$
            SELECT e.id AS employer_id, s.id AS site_id, 1000 AS rank, NULL::integer AS distance, e.name_key
              FROM employer e
              LEFT JOIN LATERAL (SELECT s.id FROM site s WHERE s.employer_id = e.id AND NOT s.closed %1$s
                                  ORDER BY s.id LIMIT 1) AS s ON true
             WHERE ($1 IS NULL OR (e.name_key, e.id) > ($1[3], $1[4]::uuid)) %2$s
               %3$s
             ORDER BY e.name_key, e.id LIMIT $2$q$,
            place_filter, employer_filter,
            CASE WHEN place_filter = '' THEN ''
                 ELSE format('AND e.id IN (SELECT s.employer_id FROM site s WHERE NOT s.closed %s)',
                             place_filter) END);
    ELSE
        IF cardinality(words) > 0 THEN
            exact := (SELECT format(' AND s.words @@ %L::tsquery', string_agg(format('''%s'':*', x), ' & '))
                        FROM unnest(words) AS x);
            fuzzy := (SELECT string_agg(format('%L <%% e.name_key', x), ' OR ')
                        FROM unnest(words) AS x WHERE length(x) >= 4);
        ELSIF keys IS NULL AND coalesce(within_metres, 0) = 0 AND employer_filter = '' THEN
            -- The first page of what is near needs no look at the rest of the town.
            EXECUTE format('SELECT max(x.d) FROM (SELECT %1$s AS d, s.employer_id FROM site s
                             WHERE NOT s.closed %2$s ORDER BY d LIMIT 4 * $1) AS x
                            HAVING count(DISTINCT x.employer_id) >= $1', distance, place_filter)
               INTO found USING page_size;
            IF found IS NOT NULL THEN
                place_filter := place_filter || format(' AND %s <= %s', distance, found);
            END IF;
        END IF;
        -- How well the name fits: all of it, then its beginning, then words of it. Words that name
        -- the place instead cost little: "wagamama camden" is Wagamama in Camden.
        lines := format($q$
            SELECT e.id AS employer_id, s.id AS site_id, e.name_key, %1$s AS distance,
                   CASE WHEN cardinality($3) = 0 OR e.name_key = $4 THEN 1000
                        WHEN e.name_key LIKE $4 || ' %%' THEN 960
                        WHEN e.name_key LIKE $4 || '%%' THEN 940
                        WHEN n.n = cardinality($3) THEN 900
                        WHEN n.n = 0 THEN 400
                        WHEN n.letters = length(replace(e.name_key, ' ', '')) THEN 980
                        WHEN n.leads THEN 930
                        ELSE 850 END AS rank
              FROM site s JOIN employer e ON e.id = s.employer_id
              CROSS JOIN LATERAL (
                   SELECT count(*) AS n, coalesce(sum(length(x)), 0) AS letters,
                          coalesce(bool_or(e.name_key LIKE x || '%%'), false) AS leads
                     FROM unnest($3) AS x
                    WHERE ' ' || e.name_key || coalesce(' ' || lower(e.trading_as), '') LIKE '%% ' || x || '%%') AS n
             WHERE NOT s.closed %2$s %3$s %4$s$q$,
            distance, exact, place_filter, employer_filter);
        IF place_filter = '' THEN
            -- Employers without a site have a name alone.
            lines := lines || format($q$
            UNION ALL
            SELECT e.id, NULL, e.name_key, NULL,
                   CASE WHEN cardinality($3) = 0 OR e.name_key = $4 THEN 1000
                        WHEN e.name_key LIKE $4 || '%%' THEN 940 ELSE 900 END
              FROM employer e
             WHERE e.open_sites = 0 %1$s %2$s$q$, employer_filter,
             (SELECT coalesce(string_agg(format(' AND '' '' || e.name_key LIKE %L AND e.name_key LIKE %L',
                                                '% ' || x || '%', '%' || x || '%'), ''), '')
                FROM unnest(words) AS x));
        END IF;
        IF cardinality(words) > 0 THEN
            EXECUTE format('SELECT count(*) FROM (SELECT FROM site s JOIN employer e ON e.id = s.employer_id
                             WHERE NOT s.closed %s %s %s LIMIT 3) AS x', exact, place_filter, employer_filter)
               INTO found;
            IF found < 3 AND fuzzy IS NOT NULL THEN
                -- A name like one of the words, and every word in its place or like the name; where
                -- nothing fits exactly, one word of several may be missing.
                lines := lines || format($q$
                UNION ALL
                SELECT x.employer_id, x.site_id, x.name_key, x.distance, x.rank
                  FROM (SELECT e.id AS employer_id, s.id AS site_id, e.name_key, %1$s AS distance,
                               (380 * (0.85 * f.fit + 0.15 * similarity($4, e.name_key)))::integer AS rank,
                               f.missing, min(f.missing) OVER () AS least
                          FROM employer e JOIN site s ON s.employer_id = e.id
                          CROSS JOIN LATERAL (
                               SELECT avg(x.fit) AS fit, count(*) FILTER (WHERE x.fit < 0.5) AS missing
                                 FROM (SELECT CASE WHEN s.words @@ (y || ':*')::tsquery THEN 1.0
                                                   ELSE word_similarity(y, e.name_key) END AS fit
                                         FROM unnest($3) AS y) AS x) AS f
                         WHERE NOT s.closed AND (%2$s) AND f.missing <= %3$s %4$s %5$s) AS x
                 WHERE x.missing = x.least$q$,
                distance, fuzzy, CASE WHEN found = 0 AND cardinality(words) > 1 THEN 1 ELSE 0 END,
                place_filter, employer_filter);
                IF place_filter = '' THEN
                    lines := lines || format($q$
                    UNION ALL
                    SELECT e.id, NULL, e.name_key, NULL, (380 * word_similarity($4, e.name_key))::integer
                      FROM employer e
                     WHERE e.open_sites = 0 AND $4 <%% e.name_key %1$s$q$, employer_filter);
                END IF;
            END IF;
        END IF;
        lines := format($q$
            SELECT * FROM (
                SELECT DISTINCT ON (employer_id) employer_id, site_id, rank, distance, name_key
                  FROM (%s) AS l
                 ORDER BY employer_id, rank DESC, distance, site_id) AS one
             WHERE $1 IS NULL
                OR (-rank, coalesce(distance, 2147483647), name_key, employer_id)
                   > (-$1[1]::integer, $1[2]::integer, $1[3], $1[4]::uuid)
             ORDER BY rank DESC, coalesce(distance, 2147483647), name_key, employer_id
             LIMIT $2$q$, lines);
    END IF;

    RETURN QUERY EXECUTE format($q$
        SELECT e.id, e.name, s.id, array_to_string(s.address, ', '), s.postcode, b.name, i.title,
               l.distance, l.rank / 1000.0::float8, e.open_sites, r.last_visit_at,
               page_token(l.rank::text, coalesce(l.distance, 2147483647)::text, l.name_key, e.id::text)
          FROM (%s) AS l
          JOIN employer e ON e.id = l.employer_id
          LEFT JOIN site s ON s.id = l.site_id
          LEFT JOIN borough b ON b.id = s.borough_id
          LEFT JOIN industry i ON i.code = e.sic
          LEFT JOIN relationship r ON r.employer_id = e.id AND r.borough_id = $5
         ORDER BY l.rank DESC, coalesce(l.distance, 2147483647), l.name_key, e.id$q$, lines)
     USING keys, page_size, words, whole_name,
           CASE WHEN has_role('specialist', 'lead') THEN borough() END;
END
$$;
COMMENT ON FUNCTION search_employers(text, text, text, text, integer, integer, integer, integer, text) IS
    'SearchEmployers: one line an employer, the best first.';

GRANT EXECUTE ON FUNCTION split_query(text), near_point(text),
    search_employers(text, text, text, text, integer, integer, integer, integer, text)
    TO canvass_app;

COMMIT;
