-- Deploy canvass:lists to pg

-- Loading and searching the reference lists. A load is set-based; a row replaces the one with the
-- same key, so a list can be sent again.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- Loads pg_trgm, without which its settings are unknown and refused to a plain owner.
DO $$ BEGIN PERFORM show_limit(); END $$;

CREATE FUNCTION load_postcodes(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    n integer := coalesce(jsonb_array_length(nullif(request -> 'rows', 'null')), 0);
    bad record;
    touched text[];
BEGIN
    IF n NOT BETWEEN 1 AND 5000 THEN
        PERFORM fail('CV003', 'rows', 'Send 1 to 5,000 rows at a time.');
    END IF;
    SELECT r.ordinality - 1 AS i, r.row ->> 'postcode' AS postcode INTO bad
      FROM jsonb_array_elements(request -> 'rows') WITH ORDINALITY AS r (row, ordinality)
     WHERE tidy_postcode(coalesce(r.row ->> 'postcode', '')) IS NULL
        OR coalesce((r.row #>> '{point,easting}')::integer NOT BETWEEN 0 AND 700000, true)
        OR coalesce((r.row #>> '{point,northing}')::integer NOT BETWEEN 0 AND 1300000, true)
        OR coalesce(r.row ->> 'borough_id', '') !~ '^[ENSW][0-9]{8}$'
     ORDER BY r.ordinality LIMIT 1;
    IF FOUND THEN
        PERFORM fail('CV003', format('rows[%s]', bad.i),
                     '"%s" needs a whole postcode, a point of the national grid and a GSS code.',
                     left(bad.postcode, 20));
    END IF;

    WITH given AS (
        SELECT DISTINCT ON (postcode)
               tidy_postcode(r.row ->> 'postcode') AS postcode,
               (r.row #>> '{point,easting}')::integer AS easting,
               (r.row #>> '{point,northing}')::integer AS northing,
               r.row ->> 'borough_id' AS borough_id,
               coalesce((r.row ->> 'terminated')::boolean, false) AS terminated
          FROM jsonb_array_elements(request -> 'rows') WITH ORDINALITY AS r (row, ordinality)
         ORDER BY postcode, r.ordinality DESC
    ), put AS (
        INSERT INTO postcode AS p (postcode, easting, northing, borough_id, terminated)
        SELECT g.postcode, g.easting, g.northing, g.borough_id, g.terminated FROM given g
            ON CONFLICT (postcode) DO UPDATE
                SET easting = excluded.easting, northing = excluded.northing,
                    borough_id = excluded.borough_id, terminated = excluded.terminated
                WHERE (p.easting, p.northing, p.borough_id, p.terminated)
                      IS DISTINCT FROM (excluded.easting, excluded.northing, excluded.borough_id,
                                        excluded.terminated)
        RETURNING left(p.postcode, -2) AS sector
    )
    SELECT array_agg(DISTINCT sector ORDER BY sector) INTO touched FROM put;

    INSERT INTO postcode_sector AS s (sector, easting, northing, borough_id, units)
    SELECT t.sector, round(avg(p.easting)), round(avg(p.northing)),
           mode() WITHIN GROUP (ORDER BY p.borough_id), count(*)
      FROM unnest(touched) AS t (sector)
      JOIN postcode p ON p.postcode >= t.sector AND p.postcode < t.sector || 'a'
     GROUP BY t.sector
        ON CONFLICT (sector) DO UPDATE
            SET easting = excluded.easting, northing = excluded.northing,
                borough_id = excluded.borough_id, units = excluded.units;

    -- Sites that came before their postcode, or whose postcode has moved.
    UPDATE site s
       SET easting = p.easting, northing = p.northing, approximate = false,
           borough_id = p.borough_id,
           words = (SELECT site_words(e.name, e.trading_as, s.name, s.address, p.borough_id, s.postcode)
                      FROM employer e WHERE e.id = s.employer_id)
      FROM jsonb_array_elements(request -> 'rows') AS r (row)
      JOIN postcode p ON p.postcode = tidy_postcode(r.row ->> 'postcode')
     WHERE s.postcode = p.postcode
       AND (s.easting, s.northing, s.borough_id, s.approximate)
           IS DISTINCT FROM (p.easting, p.northing, p.borough_id, false);
    RETURN jsonb_build_object('loaded', n);
END
$$;
COMMENT ON FUNCTION load_postcodes(jsonb) IS 'LoadPostcodesRequest -> LoadPostcodesResponse; keeps the sectors'' middles and moves the sites.';

CREATE FUNCTION load_occupations(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    n integer := coalesce(jsonb_array_length(nullif(request -> 'rows', 'null')), 0);
    bad record;
BEGIN
    IF n NOT BETWEEN 1 AND 5000 THEN
        PERFORM fail('CV003', 'rows', 'Send 1 to 5,000 rows at a time.');
    END IF;
    SELECT r.ordinality - 1 AS i, r.row ->> 'code' AS code INTO bad
      FROM jsonb_array_elements(request -> 'rows') WITH ORDINALITY AS r (row, ordinality)
     WHERE coalesce(r.row ->> 'code', '') !~ '^[1-9][0-9]{0,3}$'
        OR coalesce(char_length(tidy(r.row ->> 'title')) NOT BETWEEN 1 AND 200, true)
     ORDER BY r.ordinality LIMIT 1;
    IF FOUND THEN
        PERFORM fail('CV003', format('rows[%s]', bad.i),
                     '"%s" needs a SOC 2020 code of 1 to 4 digits and a title.', left(bad.code, 20));
    END IF;
    INSERT INTO occupation AS o (code, title, job_titles, words)
    SELECT DISTINCT ON (g.code) g.code, g.title, g.job_titles,
           folded(g.title || ' ' || array_to_string(g.job_titles, ' '))
      FROM (SELECT r.row ->> 'code' AS code, tidy(r.row ->> 'title') AS title,
                   ARRAY(SELECT jsonb_array_elements_text(
                       coalesce(nullif(r.row -> 'job_titles', 'null'), '[]'))) AS job_titles,
                   r.ordinality
              FROM jsonb_array_elements(request -> 'rows') WITH ORDINALITY AS r (row, ordinality)
           ) AS g
     ORDER BY g.code, g.ordinality DESC
        ON CONFLICT (code) DO UPDATE
            SET title = excluded.title, job_titles = excluded.job_titles, words = excluded.words;
    RETURN jsonb_build_object('loaded', n);
END
$$;
COMMENT ON FUNCTION load_occupations(jsonb) IS 'LoadOccupationsRequest -> LoadOccupationsResponse.';

CREATE FUNCTION load_industries(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    n integer := coalesce(jsonb_array_length(nullif(request -> 'rows', 'null')), 0);
    bad record;
BEGIN
    IF n NOT BETWEEN 1 AND 5000 THEN
        PERFORM fail('CV003', 'rows', 'Send 1 to 5,000 rows at a time.');
    END IF;
    SELECT r.ordinality - 1 AS i, r.row ->> 'code' AS code INTO bad
      FROM jsonb_array_elements(request -> 'rows') WITH ORDINALITY AS r (row, ordinality)
     WHERE coalesce(r.row ->> 'code', '') !~ '^[0-9]{5}$'
        OR coalesce(char_length(tidy(r.row ->> 'title')) NOT BETWEEN 1 AND 300, true)
     ORDER BY r.ordinality LIMIT 1;
    IF FOUND THEN
        PERFORM fail('CV003', format('rows[%s]', bad.i),
                     '"%s" needs a SIC 2007 code of five digits and a title.', left(bad.code, 20));
    END IF;
    INSERT INTO industry AS i (code, title)
    SELECT DISTINCT ON (code) r.row ->> 'code' AS code, tidy(r.row ->> 'title')
      FROM jsonb_array_elements(request -> 'rows') WITH ORDINALITY AS r (row, ordinality)
     ORDER BY code, r.ordinality DESC
        ON CONFLICT (code) DO UPDATE SET title = excluded.title;
    RETURN jsonb_build_object('loaded', n);
END
$$;
COMMENT ON FUNCTION load_industries(jsonb) IS 'LoadIndustriesRequest -> LoadIndustriesResponse.';

-- Groups by code (and those below it), then by words of a title, then by near misses. Narrow groups
-- before wide ones: a client's wish is a job, not a tenth of the labour market.
-- As the owner: an operator that is not leakproof finds no index behind a policy, and the lists
-- are everybody's.
CREATE FUNCTION search_occupations(query text, page_size integer)
RETURNS TABLE (code text, title text, job_titles text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET pg_trgm.word_similarity_threshold = 0.5
AS $$
DECLARE
    q text := folded(coalesce(query, ''));
BEGIN
    IF actor() IS NULL THEN
        RETURN;
    ELSIF q = '' OR q ~ '^[0-9]{1,4}$' THEN
        RETURN QUERY SELECT o.code, o.title, o.job_titles FROM occupation o
                      WHERE o.code LIKE q || '%' ORDER BY o.code LIMIT page_size;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT o.code, o.title, o.job_titles
      FROM occupation o
     WHERE q <% o.words
        OR NOT EXISTS (SELECT FROM regexp_split_to_table(q, ' ') AS w (w)
                        WHERE ' ' || o.words NOT LIKE '% ' || w.w || '%')
     ORDER BY NOT EXISTS (SELECT FROM unnest(o.job_titles) AS j (t) WHERE folded(j.t) = q),
              ' ' || o.words NOT LIKE '% ' || q || '%',
              length(o.code) DESC, word_similarity(q, o.words) DESC, o.code
     LIMIT page_size;
END
$$;
COMMENT ON FUNCTION search_occupations(text, integer) IS 'SOC groups by code or words, the likeliest first.';

CREATE FUNCTION search_industries(query text, page_size integer)
RETURNS TABLE (code text, title text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET pg_trgm.word_similarity_threshold = 0.5
AS $$
DECLARE
    q text := folded(coalesce(query, ''));
BEGIN
    IF actor() IS NULL THEN
        RETURN;
    ELSIF q = '' OR q ~ '^[0-9]{1,5}$' THEN
        RETURN QUERY SELECT i.code, i.title FROM industry i
                      WHERE i.code LIKE q || '%' ORDER BY i.code LIMIT page_size;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT i.code, i.title
      FROM industry i
     WHERE q <% i.words
        OR NOT EXISTS (SELECT FROM regexp_split_to_table(q, ' ') AS w (w)
                        WHERE ' ' || i.words NOT LIKE '% ' || w.w || '%')
     ORDER BY ' ' || i.words NOT LIKE '% ' || q || '%', word_similarity(q, i.words) DESC, i.code
     LIMIT page_size;
END
$$;
COMMENT ON FUNCTION search_industries(text, integer) IS 'SIC codes by code or words, the likeliest first.';

-- Where a postcode lies. A well-formed one of a loaded district that is not in the list is refused,
-- unless the caller says that it is new (unlisted): then the middle of its sector stands in.
CREATE FUNCTION locate(given text, unlisted boolean, field text,
                       OUT postcode text, OUT easting integer, OUT northing integer,
                       OUT approximate boolean, OUT borough_id text)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    approximate := false;
    IF tidy(given) IS NULL THEN
        RETURN;
    END IF;
    postcode := tidy_postcode(given);
    IF postcode IS NULL THEN
        PERFORM fail('CV003', field, '"%s" is not a postcode; one looks like SW9 8HE.',
                     left(tidy(given), 20));
    END IF;
    SELECT p.easting, p.northing, p.borough_id INTO easting, northing, borough_id
      FROM postcode p WHERE p.postcode = locate.postcode;
    IF FOUND THEN
        RETURN;
    END IF;
    IF NOT coalesce(unlisted, false)
       AND EXISTS (SELECT FROM postcode_sector s
                    WHERE s.sector >= split_part(locate.postcode, ' ', 1) || ' '
                      AND s.sector < split_part(locate.postcode, ' ', 1) || '!') THEN
        PERFORM fail('CV003', field, '%s is not in the postcode list; look again, or say that it is new.',
                     postcode);
    END IF;
    SELECT s.easting, s.northing, s.borough_id, true
      INTO easting, northing, borough_id, approximate
      FROM postcode_sector s WHERE s.sector = left(locate.postcode, -2);
    approximate := coalesce(approximate, false);
END
$$;
COMMENT ON FUNCTION locate(text, boolean, text) IS
    'Postcode as written, point, borough; approximate: the sector''s middle. CV003 at field for a bad or unlisted one.';

GRANT EXECUTE ON FUNCTION load_postcodes(jsonb), load_occupations(jsonb), load_industries(jsonb),
    search_occupations(text, integer), search_industries(text, integer),
    locate(text, boolean, text) TO canvass_app;

COMMIT;
