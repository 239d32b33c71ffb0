-- Deploy canvass:import to pg

-- Rows of other people's lists into the registry, up to 1,000 in one transaction, each step one
-- statement over all rows.
--
-- A row is known by its reference (source, ref) or else by the same normal name at the same
-- postcode; without a postcode, at the same address. Known by reference and the same as last time:
-- nothing happens, so a list can be sent again and what people mended by hand stays. Known by
-- reference and changed: what it says replaces what stands. Known by name and place: it adds its
-- reference and fills what is empty. A bad row is reported and left out; a doubtful detail is
-- reported and left out of its row.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- One row of a list on its way in.
CREATE TYPE import_row AS (
    ord integer, line integer, ref text, name text, trading_as text, company_number text, sic text,
    phone text, website text, address text[], postcode text, row_hash bigint, name_key text,
    easting integer, northing integer, approximate boolean, borough_id text, words tsvector,
    -- 'bad', 'double', 'same', 'changed', 'join', 'new'
    fate text, bad_field text, bad_reason text, employer_id uuid, site_id uuid, site_is_new boolean
);

-- What the list says, tidied: texts that are fit to store, or NULL.
CREATE FUNCTION tidy_company_number(t text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    c text := upper(regexp_replace(t, '\s', '', 'g'));
BEGIN
    -- Spreadsheets eat leading noughts.
    RETURN CASE WHEN c ~ '^[0-9]{5,8}$' THEN lpad(c, 8, '0')
                WHEN c ~ '^[A-Z][A-Z0-9][A-Z0-9]{6}$' THEN c END;
END
$$;

CREATE FUNCTION tidy_sic(t text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN substring(replace(replace(t, '/', ''), '.', '') FROM '^\s*([0-9]{5})(?![0-9])');

CREATE FUNCTION tidy_phone(t text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN CASE WHEN btrim(t) ~ '^[+0-9][-0-9 ()./]*( ?(x|ext\.?) ?[0-9]+)?$'
             AND char_length(btrim(t)) BETWEEN 3 AND 40 THEN btrim(t) END;

CREATE FUNCTION tidy_website(t text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    w text := btrim(t);
BEGIN
    IF w !~* '^https?://' AND w ~ '^[^[:space:]/]+\.[a-zA-Z]{2,}(/[^[:space:]]*)?$' THEN
        w := 'http://' || w;
    END IF;
    RETURN CASE WHEN w ~* '^https?://[^[:space:]]+$' AND char_length(w) <= 500 THEN w END;
END
$$;

-- As the owner, behind one look at the caller's role: the policies of the tables say the same for
-- every row, and asking them for each of 45,000 rows is a tenth of an import.
CREATE FUNCTION import_employers(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
-- The plans of these statements are kept while the tables grow; only index lookups stay right.
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    list text := coalesce(request ->> 'source', '');
    given jsonb := coalesce(nullif(request -> 'rows', 'null'), '[]');
    n integer := jsonb_array_length(given);
    me uuid := actor();
    staged import_row[];
    checked import_row[];
    fresh import_row[];
    touched uuid[];
    problems jsonb;
    answer jsonb;
BEGIN
    IF actor() IS NULL OR NOT has_role('specialist', 'lead', 'administrator') THEN
        PERFORM fail('CV007', '', 'Importing is for specialists, leads and administrators.');
    ELSIF list !~ '^[a-z][a-z0-9_-]{0,30}$' THEN
        PERFORM fail('CV003', 'source', 'A list has a short name in lower case, like fhrs.');
    ELSIF n NOT BETWEEN 1 AND 1000 THEN
        PERFORM fail('CV003', 'rows', 'Send 1 to 1,000 rows at a time.');
    END IF;
    -- One import at a time: the same list sent twice at once finds what the other one made.
    PERFORM pg_advisory_xact_lock(hashtextextended('canvass.import_employers', 0));

    -- Read the rows; find those that are known by reference and have not changed.
    SELECT array_agg(ROW(
               r.ord, r.line, r.ref, r.name, r.trading_as, r.company_number, r.sic, r.phone,
               r.website, r.address, r.postcode, r.row_hash, NULL, NULL, NULL, NULL, NULL, NULL,
               CASE WHEN r.ref IS NOT NULL AND r.last_ord > r.ord THEN 'double'
                    WHEN k.row_hash = r.row_hash THEN 'same'
                    WHEN k.ref IS NOT NULL THEN 'changed' END,
               NULL, NULL, k.employer_id, k.site_id, NULL)::import_row)
      INTO staged
      FROM (SELECT j.ord::integer, j.line, tidy(j.ref) AS ref, tidy(j.name) AS name,
                   tidy(j.trading_as) AS trading_as, tidy(j.company_number) AS company_number,
                   tidy(j.sic) AS sic, tidy(j.phone) AS phone, tidy(j.website) AS website,
                   j.address, tidy(j.postcode) AS postcode,
                   hashtextextended(ROW(j.name, j.trading_as, j.company_number, j.sic, j.phone,
                                        j.website, j.address, j.postcode)::text, 0) AS row_hash,
                   max(j.ord) OVER (PARTITION BY tidy(j.ref)) AS last_ord
              FROM ROWS FROM (jsonb_to_recordset(given)
                              AS (line integer, ref text, name text, trading_as text,
                                  company_number text, sic text, phone text, website text,
                                  address text[], postcode text))
                   WITH ORDINALITY AS j (line, ref, name, trading_as, company_number, sic, phone,
                                         website, address, postcode, ord)) AS r
      LEFT JOIN employer_ref k ON k.source = list AND k.ref = r.ref;

    -- Check and place the others.
    SELECT array_agg(ROW(
               r.ord, r.line, r.ref, r.name, r.trading_as, tidy_company_number(r.company_number),
               tidy_sic(r.sic), tidy_phone(r.phone), tidy_website(r.website), a.lines, pc.postcode,
               r.row_hash, normal_of_folded(fo.name), coalesce(p.easting, s.easting),
               coalesce(p.northing, s.northing), p.postcode IS NULL AND s.sector IS NOT NULL,
               coalesce(p.borough_id, s.borough_id),
               word_vector(concat_ws(' ', nullif(fo.name, ''), nullif(fo.place, ''),
                                     (SELECT h.words FROM borough h
                                       WHERE h.id = coalesce(p.borough_id, s.borough_id)))),
               CASE WHEN b.what IS NOT NULL THEN 'bad' ELSE r.fate END,
               CASE b.what WHEN 'sector' THEN 'postcode' ELSE b.what END,
               CASE b.what
                   WHEN 'ref' THEN 'The reference has more than 100 characters.'
                   WHEN 'name' THEN CASE WHEN r.name IS NULL THEN 'The name is missing.'
                                         ELSE 'The name has more than 200 characters.' END
                   WHEN 'trading_as' THEN 'The name over the door has more than 200 characters.'
                   WHEN 'address' THEN 'The address has more than 400 characters.'
                   WHEN 'postcode' THEN format('"%s" is not a postcode; one looks like SW9 8HE.',
                                               left(r.postcode, 20))
                   WHEN 'sector' THEN format('%s does not exist: there is no %s in the postcode list.',
                                             pc.postcode, left(pc.postcode, -2)) END,
               r.employer_id, r.site_id, NULL)::import_row)
      INTO checked
      FROM unnest(staged) AS r
      CROSS JOIN LATERAL (SELECT tidy_postcode(r.postcode) AS postcode OFFSET 0) AS pc
      CROSS JOIN LATERAL (
           SELECT CASE WHEN cardinality(x.lines) > 4
                       THEN x.lines[:3] || array_to_string(x.lines[4:], ', ') ELSE x.lines END AS lines
             FROM (SELECT ARRAY(SELECT tidy(l) FROM unnest(r.address) AS l
                                 WHERE tidy(l) IS NOT NULL) AS lines OFFSET 0) AS x OFFSET 0) AS a
      CROSS JOIN LATERAL (
           SELECT folded(r.name) AS name,
                  folded(concat_ws(' ', r.trading_as, array_to_string(a.lines, ' '), pc.postcode)) AS place
           OFFSET 0) AS fo
      LEFT JOIN postcode p ON p.postcode = pc.postcode
      LEFT JOIN postcode_sector s ON s.sector = left(pc.postcode, -2) AND p.postcode IS NULL
      CROSS JOIN LATERAL (
           SELECT CASE WHEN char_length(r.ref) > 100 THEN 'ref'
                       WHEN r.name IS NULL OR char_length(r.name) > 200 THEN 'name'
                       WHEN char_length(r.trading_as) > 200 THEN 'trading_as'
                       WHEN char_length(array_to_string(a.lines, '')) > 400 THEN 'address'
                       WHEN r.postcode IS NOT NULL AND pc.postcode IS NULL THEN 'postcode'
                       WHEN r.postcode IS NOT NULL AND p.postcode IS NULL AND s.sector IS NULL
                            AND EXISTS (SELECT FROM postcode_sector d
                                         WHERE d.sector >= split_part(pc.postcode, ' ', 1) || ' '
                                           AND d.sector < split_part(pc.postcode, ' ', 1) || '!')
                       THEN 'sector' END AS what OFFSET 0) AS b
     WHERE r.fate IS NULL OR r.fate = 'changed';

    -- Known by name and place, of before or of this batch?
    SELECT array_agg(ROW(
               x.ord, x.line, x.ref, x.name, x.trading_as, x.company_number, x.sic, x.phone,
               x.website, x.address, x.postcode, x.row_hash, x.name_key, x.easting, x.northing,
               x.approximate, x.borough_id, x.words,
               CASE WHEN x.fate IS NOT NULL THEN x.fate
                    WHEN x.known_employer IS NOT NULL OR NOT x.first THEN 'join' ELSE 'new' END,
               NULL, NULL,
               coalesce(x.employer_id, x.known_employer, x.new_employer),
               CASE WHEN x.known_employer IS NOT NULL THEN x.known_site
                    WHEN x.site_id IS NULL AND (x.postcode IS NOT NULL OR x.address <> '{}') THEN x.new_site
                    ELSE x.site_id END,
               x.known_employer IS NULL AND x.site_id IS NULL
                   AND (x.first OR x.fate IS NOT NULL)
                   AND (x.postcode IS NOT NULL OR x.address <> '{}'))::import_row)
      INTO fresh
      FROM (SELECT r.*, coalesce(near.id, same_address.id) AS known_employer,
                   CASE WHEN near.id IS NULL THEN same_address.site_id
                        ELSE near.site_id END AS known_site,
                   row_number() OVER w = 1 AS first,
                   first_value(r.fresh_id) OVER w AS new_employer,
                   first_value(r.fresh_site) OVER w AS new_site
              FROM (SELECT u.*, uuid_v7() AS fresh_id, uuid_v7() AS fresh_site
                      FROM unnest(checked) AS u OFFSET 0) AS r
              LEFT JOIN (
                   -- From the sites of the batch's postcodes to their names, never from the
                   -- hundreds of a chain to their places. Each site is looked at once, so a list
                   -- that has one postcode for everybody does not compare all with all.
                   SELECT DISTINCT ON (q.postcode, e.name_key)
                          q.postcode, e.name_key, s.employer_id AS id, s.id AS site_id
                     FROM (SELECT DISTINCT u.postcode FROM unnest(checked) AS u
                            WHERE u.fate IS NULL AND u.postcode IS NOT NULL) AS q
                    CROSS JOIN LATERAL (SELECT t.id, t.employer_id FROM site t
                                         WHERE t.postcode = q.postcode OFFSET 0) AS s
                    CROSS JOIN LATERAL (SELECT f.name_key COLLATE "C" AS name_key FROM employer f
                                         WHERE f.id = s.employer_id OFFSET 0) AS e
                    ORDER BY q.postcode, e.name_key, s.employer_id, s.id) AS near
                ON r.fate IS NULL AND near.postcode = r.postcode AND near.name_key = r.name_key COLLATE "C"
              LEFT JOIN LATERAL (
                   SELECT e.id, s.id AS site_id
                     FROM employer e LEFT JOIN site s ON s.employer_id = e.id
                    WHERE r.fate IS NULL AND r.postcode IS NULL AND e.name_key = r.name_key
                      AND s.postcode IS NULL
                      AND coalesce(folded(array_to_string(s.address, ' ')), '')
                          = folded(array_to_string(r.address, ' '))
                    ORDER BY e.id, s.id LIMIT 1) AS same_address ON true
             WHERE r.fate IS DISTINCT FROM 'bad'
            WINDOW w AS (PARTITION BY r.fate IS NULL, r.name_key, r.postcode,
                                      CASE WHEN r.postcode IS NULL
                                           THEN folded(array_to_string(r.address, ' ')) END
                             ORDER BY r.ord)) AS x;

    INSERT INTO employer (id, name, name_key, trading_as, company_number, sic, phone, website,
                          refs, open_sites, created_by, updated_by)
    SELECT r.employer_id, r.name, r.name_key, r.trading_as, r.company_number, r.sic, r.phone, r.website,
           CASE WHEN r.ref IS NULL THEN '{}' ELSE ARRAY[list || ':' || r.ref] END,
           (r.site_id IS NOT NULL)::integer, me, me
      FROM unnest(fresh) AS r WHERE r.fate = 'new' ORDER BY r.employer_id;
    INSERT INTO site (id, employer_id, address, postcode, easting, northing, approximate,
                      borough_id, words, updated_by)
    SELECT r.site_id, r.employer_id, r.address, r.postcode, r.easting, r.northing, r.approximate,
           r.borough_id, r.words, me
      FROM unnest(fresh) AS r WHERE r.site_is_new;
    INSERT INTO employer_ref (source, ref, employer_id, site_id, row_hash)
    SELECT list, r.ref, r.employer_id, r.site_id, r.row_hash
      FROM unnest(fresh) AS r WHERE r.ref IS NOT NULL AND r.fate IN ('new', 'join')
     ORDER BY r.ref;

    -- Joined rows: their references, and what was empty.
    IF EXISTS (SELECT FROM unnest(fresh) AS r WHERE r.fate = 'join') THEN
        WITH more AS (
            SELECT r.employer_id,
                   coalesce(array_agg(list || ':' || r.ref ORDER BY r.ord) FILTER (WHERE r.ref IS NOT NULL), '{}') AS refs,
                   (array_agg(r.trading_as ORDER BY r.ord) FILTER (WHERE r.trading_as IS NOT NULL))[1] AS trading_as,
                   (array_agg(r.company_number ORDER BY r.ord) FILTER (WHERE r.company_number IS NOT NULL))[1] AS company_number,
                   (array_agg(r.sic ORDER BY r.ord) FILTER (WHERE r.sic IS NOT NULL))[1] AS sic,
                   (array_agg(r.phone ORDER BY r.ord) FILTER (WHERE r.phone IS NOT NULL))[1] AS phone,
                   (array_agg(r.website ORDER BY r.ord) FILTER (WHERE r.website IS NOT NULL))[1] AS website
              FROM unnest(fresh) AS r WHERE r.fate = 'join'
             GROUP BY r.employer_id
        ), put AS (
            UPDATE employer e
               SET refs = e.refs || m.refs, trading_as = coalesce(e.trading_as, m.trading_as),
                   company_number = coalesce(e.company_number, m.company_number),
                   sic = coalesce(e.sic, m.sic), phone = coalesce(e.phone, m.phone),
                   website = coalesce(e.website, m.website), updated_at = now(), updated_by = me,
                   updated_by_name = 'import', version = e.version + 1
              FROM more m
             WHERE e.id = m.employer_id
               AND (m.refs <> '{}'
                    OR e.trading_as IS NULL AND m.trading_as IS NOT NULL
                    OR e.company_number IS NULL AND m.company_number IS NOT NULL
                    OR e.sic IS NULL AND m.sic IS NOT NULL
                    OR e.phone IS NULL AND m.phone IS NOT NULL
                    OR e.website IS NULL AND m.website IS NOT NULL)
            RETURNING e.id
        )
        SELECT array_agg(id) INTO touched FROM put;
    END IF;

    -- Rows whose list has changed its mind; the last one speaks where several name one employer.
    IF EXISTS (SELECT FROM unnest(fresh) AS r WHERE r.fate = 'changed') THEN
        UPDATE employer e
           SET name = r.name, trading_as = coalesce(r.trading_as, e.trading_as),
               company_number = coalesce(r.company_number, e.company_number),
               sic = coalesce(r.sic, e.sic), phone = coalesce(r.phone, e.phone),
               website = coalesce(r.website, e.website),
               open_sites = e.open_sites + r.site_is_new::integer, updated_at = now(),
               updated_by = me, updated_by_name = 'import', version = e.version + 1
          FROM (SELECT DISTINCT ON (u.employer_id) u.* FROM unnest(fresh) AS u
                 WHERE u.fate = 'changed' ORDER BY u.employer_id, u.ord DESC) AS r
         WHERE e.id = r.employer_id;
        UPDATE site s
           SET address = CASE WHEN r.address = '{}' THEN s.address ELSE r.address END,
               postcode = coalesce(r.postcode, s.postcode),
               easting = CASE WHEN r.postcode IS NULL THEN s.easting ELSE r.easting END,
               northing = CASE WHEN r.postcode IS NULL THEN s.northing ELSE r.northing END,
               approximate = CASE WHEN r.postcode IS NULL THEN s.approximate ELSE r.approximate END,
               borough_id = CASE WHEN r.postcode IS NULL THEN s.borough_id ELSE r.borough_id END,
               updated_at = now(), updated_by = me, updated_by_name = 'import',
               version = s.version + 1
          FROM (SELECT DISTINCT ON (u.site_id) u.* FROM unnest(fresh) AS u
                 WHERE u.fate = 'changed' AND u.site_id IS NOT NULL AND NOT u.site_is_new
                 ORDER BY u.site_id, u.ord DESC) AS r
         WHERE s.id = r.site_id;
        UPDATE employer_ref k SET row_hash = r.row_hash, site_id = r.site_id
          FROM unnest(fresh) AS r
         WHERE r.fate = 'changed' AND k.source = list AND k.ref = r.ref;
    END IF;
    IF EXISTS (SELECT FROM unnest(fresh) AS r WHERE r.fate IN ('changed', 'join')) THEN
        UPDATE site s SET words = site_words(e.name, e.trading_as, s.name, s.address, s.borough_id, s.postcode)
          FROM employer e
         WHERE e.id = s.employer_id
           AND e.id IN (SELECT r.employer_id FROM unnest(fresh) AS r WHERE r.fate IN ('changed', 'join'))
           AND s.words <> site_words(e.name, e.trading_as, s.name, s.address, s.borough_id, s.postcode);
    END IF;

    SELECT coalesce(jsonb_agg(jsonb_build_object('line', q.line, 'field', q.field,
                                                 'reason', q.reason, 'severity', q.severity)
                              ORDER BY q.ord, q.field), '[]')
      INTO problems
      FROM (SELECT g.ord, g.line, v.field, v.reason, v.severity
              FROM unnest(staged) AS g
              LEFT JOIN unnest(checked) AS c ON c.ord = g.ord
              CROSS JOIN LATERAL (
                   VALUES
                   (c.fate = 'bad', c.bad_field, c.bad_reason, 'error'),
                   (g.fate = 'double', 'ref', 'A later row has the same reference; that one was taken.', 'warning'),
                   (c.fate IS DISTINCT FROM 'bad' AND c.approximate, 'postcode',
                    format('%s is not in the postcode list; placed in the middle of %s.', c.postcode, left(c.postcode, -2)), 'warning'),
                   (c.fate IS DISTINCT FROM 'bad' AND g.company_number IS NOT NULL AND c.company_number IS NULL AND c.ord IS NOT NULL,
                    'company_number', 'Left out: a Companies House number has 8 characters, like 01234567 or SC123456.', 'warning'),
                   (c.fate IS DISTINCT FROM 'bad' AND g.sic IS NOT NULL AND c.sic IS NULL AND c.ord IS NOT NULL,
                    'sic', 'Left out: a SIC 2007 code has five digits, like 56102.', 'warning'),
                   (c.fate IS DISTINCT FROM 'bad' AND g.phone IS NOT NULL AND c.phone IS NULL AND c.ord IS NOT NULL,
                    'phone', 'Left out: this is not a telephone number.', 'warning'),
                   (c.fate IS DISTINCT FROM 'bad' AND g.website IS NOT NULL AND c.website IS NULL AND c.ord IS NOT NULL,
                    'website', 'Left out: this is not an address like https://example.org.', 'warning')
                   ) AS v (holds, field, reason, severity)
             WHERE v.holds
               -- Most rows have none, and need no sentence made for them.
               AND (c.fate = 'bad' OR g.fate = 'double' OR c.approximate
                    OR g.company_number IS NOT NULL OR g.sic IS NOT NULL OR g.phone IS NOT NULL
                    OR g.website IS NOT NULL)) AS q;

    SELECT jsonb_build_object(
               'created', count(*) FILTER (WHERE f.fate = 'new'),
               'updated', count(*) FILTER (WHERE f.fate = 'changed'
                                              OR f.fate = 'join' AND (f.ref IS NOT NULL
                                                                      OR f.employer_id = ANY (touched))),
               'rejected', count(*) FILTER (WHERE c.fate = 'bad'),
               'unchanged', count(*) FILTER (WHERE g.fate IN ('same', 'double')
                                                OR f.fate = 'join' AND f.ref IS NULL
                                                   AND (f.employer_id = ANY (touched)) IS NOT TRUE))
      INTO answer
      FROM unnest(staged) AS g
      LEFT JOIN unnest(checked) AS c ON c.ord = g.ord
      LEFT JOIN unnest(fresh) AS f ON f.ord = g.ord;
    RETURN answer || jsonb_build_object('problems', problems);
END
$$;
COMMENT ON FUNCTION import_employers(jsonb) IS 'ImportEmployersRequest -> ImportEmployersResponse.';

GRANT EXECUTE ON FUNCTION tidy_company_number(text), tidy_sic(text), tidy_phone(text),
    tidy_website(text), import_employers(jsonb) TO canvass_app;

COMMIT;
