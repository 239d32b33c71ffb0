-- Revert canvass:duplicates from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- Employers already there that may be the same: the same normal name, or a name much like it at
-- the same postcode. As the owner, so that the trigram index serves (see search_occupations).
CREATE FUNCTION similar_employers(name text, postcode text, except_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    -- The collation of the column: a variable has that of the call, which the postcode decides.
    key text COLLATE natural_order := normal_name(similar_employers.name);
BEGIN
    IF actor() IS NULL THEN
        RETURN '[]';
    END IF;
    RETURN (
        SELECT coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(x) - 'key') ORDER BY x.score DESC, x.id), '[]')
          FROM (SELECT DISTINCT ON (e.id) e.id, e.name, s.id AS site_id,
                       array_to_string(s.address, ', ') AS address, s.postcode, b.name AS borough,
                       i.title AS sector, round(similarity(e.name_key, key)::numeric, 3) AS score,
                       e.open_sites AS sites
                  FROM (SELECT e.id FROM employer e WHERE e.name_key = key
                        UNION
                        SELECT s.employer_id FROM site s JOIN employer e ON e.id = s.employer_id
                         WHERE s.postcode = similar_employers.postcode
                           AND (similarity(e.name_key, key) >= 0.4
                                OR word_similarity(key, e.name_key) >= 0.8
                                OR word_similarity(e.name_key, key) >= 0.8)) AS found
                  JOIN employer e ON e.id = found.id
                  LEFT JOIN site s ON s.employer_id = e.id AND NOT s.closed
                  LEFT JOIN borough b ON b.id = s.borough_id
                  LEFT JOIN industry i ON i.code = e.sic
                 WHERE e.id <> except_id
                   -- A name alone says little where both places are known and differ.
                   AND (similar_employers.postcode IS NULL OR s.postcode IS NULL
                        OR left(s.postcode, -2) = left(similar_employers.postcode, -2))
                 ORDER BY e.id, s.postcode IS DISTINCT FROM similar_employers.postcode, s.id
                 LIMIT 10) AS x);
END
$$;
COMMENT ON FUNCTION similar_employers(text, text, uuid) IS 'EmployerHits that may be the same employer, as a jsonb array.';
GRANT EXECUTE ON FUNCTION similar_employers(text, text, uuid) TO canvass_app;

CREATE OR REPLACE FUNCTION create_employer(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    given jsonb := request -> 'employer';
    place jsonb := nullif(request -> 'site', 'null');
    has_site boolean := place ? 'address' OR place ? 'postcode' OR place ? 'name' OR place ? 'phone';
    me text := actor_name();
    made employer;
    made_site site;
BEGIN
    INSERT INTO employer (id, name, trading_as, company_number, sic, website, phone, staff,
                          disability_confident, disability_confident_until, living_wage,
                          living_wage_until, about, open_sites,
                          created_by, created_by_name, updated_by, updated_by_name)
        VALUES (chosen_id(given ->> 'id', 'employer.id'), coalesce(tidy(given ->> 'name'), ''),
                tidy(given ->> 'trading_as'), upper(tidy(given ->> 'company_number')),
                tidy(given ->> 'sic'), tidy(given ->> 'website'), tidy(given ->> 'phone'),
                coalesce((given ->> 'staff')::integer, 0),
                (given ->> 'disability_confident')::disability_confident,
                (given ->> 'disability_confident_until')::date,
                coalesce((given ->> 'living_wage')::boolean, false),
                (given ->> 'living_wage_until')::date, tidy(given ->> 'about'),
                CASE WHEN has_site THEN 1 ELSE 0 END, actor(), me, actor(), me)
        RETURNING * INTO made;
    IF has_site THEN
        made_site := put_site(place, made, (request ->> 'postcode_unlisted')::boolean);
    END IF;
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'employer', employer_json(made),
        'site', CASE WHEN has_site THEN site_json(made_site) END,
        'similar', similar_employers(made.name, made_site.postcode, made.id)));
END
$$;

CREATE OR REPLACE FUNCTION add_site(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    owner employer;
BEGIN
    UPDATE employer e SET open_sites = open_sites + 1
     WHERE e.id = given_id(request #>> '{site,employer_id}', 'site.employer_id')
    RETURNING e.* INTO owner;
    IF NOT FOUND THEN
        PERFORM fail('CV005', 'site.employer_id', 'There is no such employer.');
    END IF;
    RETURN jsonb_build_object('site', site_json(
        put_site(request -> 'site', owner, (request ->> 'postcode_unlisted')::boolean)));
END
$$;

DROP FUNCTION dismiss_duplicate(jsonb), list_duplicates(text, double precision, integer, text), import_and_compare(jsonb),
    refuse_twin(jsonb, boolean), find_similar(jsonb), find_twins(employer, site, text[], double precision, integer),
    known_words(text), twin_json(uuid, uuid, double precision, text[]), twin_threshold(text);
DROP FUNCTION twin_pairs(text), twin_reasons(double precision[]), twin_weights(),
    twin_score(double precision[], double precision[]), twin_evidence(twin_profile, twin_profile, integer, integer),
    words_found(text[], double precision[], text[]), twin_profiles(employer, site, text[]), most_counted(),
    name_aliases(text, text, text);
DROP TYPE twin_profile;
DROP TRIGGER words_counted_new ON employer;
DROP TRIGGER words_counted_changed ON employer;
DROP TRIGGER words_counted_gone ON employer;
DROP FUNCTION count_new_names(), count_changed_name(), count_words(text[], integer[]), name_words(text);
DROP INDEX employer_phone, site_phone, employer_web, employer_company, employer_without_site;
DROP FUNCTION phone_digits(text), web_host(text);
DROP TABLE not_duplicate, name_word_change, name_word, public_host, twin_threshold, twin_weight;

COMMIT;
