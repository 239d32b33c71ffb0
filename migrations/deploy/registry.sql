-- Deploy canvass:registry to pg

-- Writing employers, sites, contacts and relationships. Every function takes the whole request and
-- answers the whole response. They run as the caller, behind the policies of change employer; what
-- must look across boroughs (objections) runs as the owner.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE FUNCTION employer_json(e employer) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_strip_nulls(jsonb_build_object(
    'id', e.id, 'name', e.name, 'trading_as', e.trading_as, 'company_number', e.company_number,
    'sic', e.sic, 'sector', (SELECT i.title FROM industry i WHERE i.code = e.sic),
    'website', e.website, 'phone', e.phone, 'staff', e.staff,
    'disability_confident', e.disability_confident,
    'disability_confident_until', e.disability_confident_until,
    'living_wage', e.living_wage, 'living_wage_until', e.living_wage_until,
    'about', e.about, 'refs', to_jsonb(e.refs),
    'created', jsonb_build_object('at', e.created_at, 'by', e.created_by_name),
    'updated', jsonb_build_object('at', e.updated_at, 'by', e.updated_by_name),
    'etag', e.version::text));

CREATE FUNCTION site_json(s site) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_strip_nulls(jsonb_build_object(
    'id', s.id, 'employer_id', s.employer_id, 'name', s.name, 'address', to_jsonb(s.address),
    'postcode', s.postcode,
    'point', CASE WHEN s.easting IS NOT NULL
                  THEN jsonb_build_object('easting', s.easting, 'northing', s.northing) END,
    'approximate', s.approximate, 'borough_id', s.borough_id,
    'borough', (SELECT b.name FROM borough b WHERE b.id = s.borough_id),
    'phone', s.phone, 'closed', s.closed, 'etag', s.version::text));

CREATE FUNCTION contact_json(c contact) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_strip_nulls(jsonb_build_object(
    'id', c.id, 'employer_id', c.employer_id, 'site_id', c.site_id, 'name', c.name, 'job', c.job,
    'hires', c.hires, 'phone', c.phone, 'email', c.email, 'source', c.source, 'basis', c.basis,
    'told_on', c.told_on, 'objected_on', c.objected_on, 'checked_on', c.checked_on,
    'etag', c.version::text));

CREATE FUNCTION relationship_json(r relationship) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_strip_nulls(jsonb_build_object(
    'employer_id', r.employer_id, 'borough_id', r.borough_id,
    'borough', (SELECT b.name FROM borough b WHERE b.id = r.borough_id),
    'stage', r.stage, 'lead_id', r.lead_id,
    'lead', (SELECT s.name FROM specialist s WHERE s.id = r.lead_id),
    'stance', r.stance, 'last_visit_at', r.last_visit_at, 'next_touch_at', r.next_touch_at,
    'next_step', r.next_step, 'etag', r.version::text));

-- The lines of an address without the empty ones.
CREATE FUNCTION tidy_lines(lines jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT tidy(l) FROM jsonb_array_elements_text(coalesce(nullif(lines, 'null'), '[]'))
             WITH ORDINALITY AS x (l, i) WHERE tidy(l) IS NOT NULL ORDER BY i);

CREATE FUNCTION put_site(site jsonb, employer employer, unlisted boolean) RETURNS site
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    place record;
    lines text[] := tidy_lines(put_site.site -> 'address');
    title text := tidy(put_site.site ->> 'name');
    made site;
BEGIN
    place := locate(put_site.site ->> 'postcode', unlisted, 'site.postcode');
    INSERT INTO site (id, employer_id, name, address, postcode, easting, northing, approximate,
                      borough_id, phone, words, updated_by, updated_by_name)
        VALUES (chosen_id(put_site.site ->> 'id', 'site.id'), employer.id, title, lines,
                place.postcode, place.easting, place.northing, place.approximate,
                place.borough_id, tidy(put_site.site ->> 'phone'),
                site_words(employer.name, employer.trading_as, title, lines, place.borough_id,
                           place.postcode),
                actor(), actor_name())
        RETURNING * INTO made;
    RETURN made;
END
$$;

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

CREATE FUNCTION create_employer(request jsonb) RETURNS jsonb
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
COMMENT ON FUNCTION create_employer(jsonb) IS 'CreateEmployerRequest -> CreateEmployerResponse.';

CREATE FUNCTION update_employer(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    given jsonb := request -> 'employer';
    wanted uuid := given_id(given ->> 'id', 'employer.id');
    mask text[] := mask_of(request, 'name', 'trading_as', 'company_number', 'sic', 'website',
                           'phone', 'staff', 'disability_confident', 'disability_confident_until',
                           'living_wage', 'living_wage_until', 'about');
    old employer;
    now_is employer;
BEGIN
    SELECT * INTO old FROM employer WHERE id = wanted FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM fail('CV005', 'employer.id', 'There is no such employer.');
    END IF;
    PERFORM check_etag(given ->> 'etag', old.version, 'employer', old.updated_by_name, old.updated_at);
    now_is := old;
    IF 'name' = ANY (mask) THEN now_is.name := coalesce(tidy(given ->> 'name'), ''); END IF;
    IF 'trading_as' = ANY (mask) THEN now_is.trading_as := tidy(given ->> 'trading_as'); END IF;
    IF 'company_number' = ANY (mask) THEN now_is.company_number := upper(tidy(given ->> 'company_number')); END IF;
    IF 'sic' = ANY (mask) THEN now_is.sic := tidy(given ->> 'sic'); END IF;
    IF 'website' = ANY (mask) THEN now_is.website := tidy(given ->> 'website'); END IF;
    IF 'phone' = ANY (mask) THEN now_is.phone := tidy(given ->> 'phone'); END IF;
    IF 'staff' = ANY (mask) THEN now_is.staff := coalesce((given ->> 'staff')::integer, 0); END IF;
    IF 'disability_confident' = ANY (mask) THEN
        now_is.disability_confident := (given ->> 'disability_confident')::disability_confident;
    END IF;
    IF 'disability_confident_until' = ANY (mask) THEN
        now_is.disability_confident_until := (given ->> 'disability_confident_until')::date;
    END IF;
    IF 'living_wage' = ANY (mask) THEN
        now_is.living_wage := coalesce((given ->> 'living_wage')::boolean, false);
    END IF;
    IF 'living_wage_until' = ANY (mask) THEN
        now_is.living_wage_until := (given ->> 'living_wage_until')::date;
    END IF;
    IF 'about' = ANY (mask) THEN now_is.about := tidy(given ->> 'about'); END IF;
    -- An accreditation that is taken away takes its date along.
    IF now_is.disability_confident IS NULL AND 'disability_confident_until' <> ALL (mask) THEN
        now_is.disability_confident_until := NULL;
    END IF;
    IF NOT now_is.living_wage AND 'living_wage_until' <> ALL (mask) THEN
        now_is.living_wage_until := NULL;
    END IF;

    UPDATE employer e
       SET name = now_is.name, trading_as = now_is.trading_as,
           company_number = now_is.company_number, sic = now_is.sic, website = now_is.website,
           phone = now_is.phone, staff = now_is.staff,
           disability_confident = now_is.disability_confident,
           disability_confident_until = now_is.disability_confident_until,
           living_wage = now_is.living_wage, living_wage_until = now_is.living_wage_until,
           about = now_is.about, updated_at = now(), updated_by = actor(),
           updated_by_name = actor_name(), version = e.version + 1
     WHERE e.id = wanted
    RETURNING e.* INTO now_is;
    IF (now_is.name, now_is.trading_as) IS DISTINCT FROM (old.name, old.trading_as) THEN
        UPDATE site s SET words = site_words(now_is.name, now_is.trading_as, s.name, s.address,
                                             s.borough_id, s.postcode)
         WHERE s.employer_id = wanted;
    END IF;
    RETURN jsonb_build_object('employer', employer_json(now_is));
END
$$;
COMMENT ON FUNCTION update_employer(jsonb) IS 'UpdateEmployerRequest -> UpdateEmployerResponse.';

CREATE FUNCTION add_site(request jsonb) RETURNS jsonb
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
COMMENT ON FUNCTION add_site(jsonb) IS 'AddSiteRequest -> AddSiteResponse.';

CREATE FUNCTION update_site(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    given jsonb := request -> 'site';
    wanted uuid := given_id(given ->> 'id', 'site.id');
    mask text[] := mask_of(request, 'name', 'address', 'postcode', 'phone', 'closed');
    old site;
    now_is site;
    place record;
BEGIN
    SELECT * INTO old FROM site WHERE id = wanted FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM fail('CV005', 'site.id', 'There is no such site.');
    END IF;
    PERFORM check_etag(given ->> 'etag', old.version, 'site', old.updated_by_name, old.updated_at);
    now_is := old;
    IF 'name' = ANY (mask) THEN now_is.name := tidy(given ->> 'name'); END IF;
    IF 'address' = ANY (mask) THEN now_is.address := tidy_lines(given -> 'address'); END IF;
    IF 'phone' = ANY (mask) THEN now_is.phone := tidy(given ->> 'phone'); END IF;
    IF 'closed' = ANY (mask) THEN
        now_is.closed := coalesce((given ->> 'closed')::boolean, false);
    END IF;
    IF 'postcode' = ANY (mask) THEN
        place := locate(given ->> 'postcode', (request ->> 'postcode_unlisted')::boolean, 'site.postcode');
        now_is.postcode := place.postcode;
        now_is.easting := place.easting;
        now_is.northing := place.northing;
        now_is.approximate := place.approximate;
        now_is.borough_id := place.borough_id;
    END IF;

    UPDATE site s
       SET name = now_is.name, address = now_is.address, phone = now_is.phone,
           closed = now_is.closed, postcode = now_is.postcode, easting = now_is.easting,
           northing = now_is.northing, approximate = now_is.approximate,
           borough_id = now_is.borough_id,
           words = (SELECT site_words(e.name, e.trading_as, now_is.name, now_is.address,
                                      now_is.borough_id, now_is.postcode)
                      FROM employer e WHERE e.id = s.employer_id),
           updated_at = now(), updated_by = actor(), updated_by_name = actor_name(),
           version = s.version + 1
     WHERE s.id = wanted
    RETURNING s.* INTO now_is;
    IF now_is.closed <> old.closed THEN
        UPDATE employer e SET open_sites = open_sites + CASE WHEN now_is.closed THEN -1 ELSE 1 END
         WHERE e.id = now_is.employer_id;
    END IF;
    RETURN jsonb_build_object('site', site_json(now_is));
END
$$;
COMMENT ON FUNCTION update_site(jsonb) IS 'UpdateSiteRequest -> UpdateSiteResponse.';

-- What a person is known by again, hashed: name (of two words at least), telephone, address. A
-- number is compared by its digits, +44 as 0.
CREATE FUNCTION person_hashes(name text, phone text, email text) RETURNS bytea[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(
    SELECT sha256(convert_to(k, 'UTF8'))
      FROM (VALUES
            ('name:' || CASE WHEN folded(name) LIKE '% %' THEN folded(name) END),
            ('phone:' || nullif(regexp_replace(regexp_replace(phone, '[^0-9+]', '', 'g'),
                                               '^(\+44|0044)0?', '0'), '')),
            ('email:' || lower(email))) AS x (k)
     WHERE k IS NOT NULL);

-- Since when this person of this employer objects, in whichever borough they said so.
CREATE FUNCTION objected_on(employer_id uuid, hashes bytea[]) RETURNS date
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT min(o.objected_on) FROM objection o
             WHERE o.employer_id = objected_on.employer_id AND o.hash = ANY (hashes)
               AND actor() IS NOT NULL);
END
$$;

-- An objection holds in every borough: it is remembered for who tries to add the person, and set
-- on whoever keeps them already.
CREATE FUNCTION spread_objection(contact_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c contact;
    hashes bytea[];
BEGIN
    SELECT * INTO c FROM contact WHERE id = contact_id AND borough_id = borough()
       AND contact.objected_on IS NOT NULL;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    hashes := person_hashes(c.name, c.phone, c.email);
    INSERT INTO objection (employer_id, hash, contact_id, objected_on)
    SELECT c.employer_id, h, c.id, c.objected_on FROM unnest(hashes) AS h
        ON CONFLICT DO NOTHING;
    UPDATE contact o SET objected_on = c.objected_on, version = o.version + 1, updated_at = now(),
           updated_by_name = 'an objection in another borough', updated_by = NULL
     WHERE o.employer_id = c.employer_id AND o.id <> c.id AND o.objected_on IS NULL
       AND person_hashes(o.name, o.phone, o.email) && hashes;
END
$$;

CREATE FUNCTION check_contact_dates(c contact) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF c.told_on > london_today() THEN
        PERFORM fail('CV003', 'contact.told_on', 'Nobody was told in the future; give the day when they were.');
    ELSIF c.objected_on > london_today() THEN
        PERFORM fail('CV003', 'contact.objected_on', 'Nobody objected in the future; give the day when they did.');
    ELSIF c.checked_on > london_today() THEN
        PERFORM fail('CV003', 'contact.checked_on', 'Nothing was checked in the future; give the day when it was.');
    END IF;
END
$$;

CREATE FUNCTION add_contact(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    given jsonb := request -> 'contact';
    of_employer uuid := given_id(given ->> 'employer_id', 'contact.employer_id');
    since date;
    made contact;
BEGIN
    IF NOT EXISTS (SELECT FROM employer e WHERE e.id = of_employer) THEN
        PERFORM fail('CV005', 'contact.employer_id', 'There is no such employer.');
    END IF;
    since := objected_on(of_employer, person_hashes(tidy(given ->> 'name'), tidy(given ->> 'phone'),
                                                    tidy(given ->> 'email')));
    IF since IS NOT NULL THEN
        PERFORM fail('CV009', 'contact', 'This person objected on %s; nobody may keep or contact them.',
                     to_char(since, 'FMDD FMMonth YYYY'));
    END IF;
    INSERT INTO contact (id, employer_id, site_id, borough_id, name, job, hires, phone, email,
                         source, basis, told_on, objected_on, checked_on, updated_by,
                         updated_by_name)
        VALUES (chosen_id(given ->> 'id', 'contact.id'), of_employer,
                nullif(given ->> 'site_id', '')::uuid, borough(),
                coalesce(tidy(given ->> 'name'), ''), tidy(given ->> 'job'),
                coalesce((given ->> 'hires')::boolean, false), tidy(given ->> 'phone'),
                tidy(given ->> 'email'), coalesce(tidy(given ->> 'source'), ''),
                (given ->> 'basis')::lawful_basis, (given ->> 'told_on')::date,
                (given ->> 'objected_on')::date,
                coalesce((given ->> 'checked_on')::date, london_today()), actor(), actor_name())
        RETURNING * INTO made;
    PERFORM check_contact_dates(made);
    PERFORM spread_objection(made.id);
    RETURN jsonb_build_object('contact', contact_json(made));
END
$$;
COMMENT ON FUNCTION add_contact(jsonb) IS 'AddContactRequest -> AddContactResponse.';

CREATE FUNCTION update_contact(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    given jsonb := request -> 'contact';
    wanted uuid := given_id(given ->> 'id', 'contact.id');
    mask text[] := mask_of(request, 'site_id', 'name', 'job', 'hires', 'phone', 'email', 'source',
                           'basis', 'told_on', 'objected_on', 'checked_on');
    old contact;
    now_is contact;
BEGIN
    SELECT * INTO old FROM contact WHERE id = wanted FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM fail('CV005', 'contact.id', 'Your borough has no such contact.');
    END IF;
    PERFORM check_etag(given ->> 'etag', old.version, 'contact', old.updated_by_name, old.updated_at);
    now_is := old;
    IF 'site_id' = ANY (mask) THEN now_is.site_id := nullif(given ->> 'site_id', '')::uuid; END IF;
    IF 'name' = ANY (mask) THEN now_is.name := coalesce(tidy(given ->> 'name'), ''); END IF;
    IF 'job' = ANY (mask) THEN now_is.job := tidy(given ->> 'job'); END IF;
    IF 'hires' = ANY (mask) THEN now_is.hires := coalesce((given ->> 'hires')::boolean, false); END IF;
    IF 'phone' = ANY (mask) THEN now_is.phone := tidy(given ->> 'phone'); END IF;
    IF 'email' = ANY (mask) THEN now_is.email := tidy(given ->> 'email'); END IF;
    IF 'source' = ANY (mask) THEN now_is.source := coalesce(tidy(given ->> 'source'), ''); END IF;
    IF 'basis' = ANY (mask) THEN now_is.basis := (given ->> 'basis')::lawful_basis; END IF;
    IF 'told_on' = ANY (mask) THEN now_is.told_on := (given ->> 'told_on')::date; END IF;
    IF 'objected_on' = ANY (mask) THEN now_is.objected_on := (given ->> 'objected_on')::date; END IF;
    IF 'checked_on' = ANY (mask) THEN now_is.checked_on := (given ->> 'checked_on')::date; END IF;
    IF old.objected_on IS NOT NULL AND now_is.objected_on IS NULL THEN
        PERFORM fail('CV009', 'contact.objected_on', 'An objection stays; it is not taken back here.');
    END IF;
    PERFORM check_contact_dates(now_is);

    UPDATE contact c
       SET site_id = now_is.site_id, name = now_is.name, job = now_is.job, hires = now_is.hires,
           phone = now_is.phone, email = now_is.email, source = now_is.source,
           basis = now_is.basis, told_on = now_is.told_on, objected_on = now_is.objected_on,
           checked_on = now_is.checked_on, updated_at = now(), updated_by = actor(),
           updated_by_name = actor_name(), version = c.version + 1
     WHERE c.id = wanted
    RETURNING c.* INTO now_is;
    PERFORM spread_objection(now_is.id);
    RETURN jsonb_build_object('contact', contact_json(now_is));
END
$$;
COMMENT ON FUNCTION update_contact(jsonb) IS 'UpdateContactRequest -> UpdateContactResponse.';

CREATE FUNCTION update_relationship(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    given jsonb := request -> 'relationship';
    of_employer uuid := given_id(given ->> 'employer_id', 'relationship.employer_id');
    mask text[] := mask_of(request, 'stage', 'lead_id', 'next_touch_at', 'next_step');
    old relationship;
    now_is relationship;
BEGIN
    IF NOT EXISTS (SELECT FROM employer e WHERE e.id = of_employer) THEN
        PERFORM fail('CV005', 'relationship.employer_id', 'There is no such employer.');
    END IF;
    -- Made first, so that two people who write at once wait for each other here.
    INSERT INTO relationship (employer_id, borough_id, updated_by, updated_by_name, version)
        VALUES (of_employer, borough(), actor(), actor_name(), 0)
        ON CONFLICT ON CONSTRAINT relationship_pkey DO NOTHING;
    SELECT * INTO STRICT old FROM relationship r
     WHERE r.employer_id = of_employer AND r.borough_id = borough() FOR NO KEY UPDATE;
    PERFORM check_etag(given ->> 'etag', old.version, 'relationship', old.updated_by_name, old.updated_at);
    now_is := old;
    IF 'stage' = ANY (mask) THEN now_is.stage := (given ->> 'stage')::stage; END IF;
    IF 'lead_id' = ANY (mask) THEN now_is.lead_id := nullif(given ->> 'lead_id', '')::uuid; END IF;
    IF 'next_touch_at' = ANY (mask) THEN
        now_is.next_touch_at := (given ->> 'next_touch_at')::timestamptz;
    END IF;
    IF 'next_step' = ANY (mask) THEN now_is.next_step := tidy(given ->> 'next_step'); END IF;
    UPDATE relationship r
       SET stage = now_is.stage, lead_id = now_is.lead_id, next_touch_at = now_is.next_touch_at,
           next_step = now_is.next_step, updated_at = now(), updated_by = actor(),
           updated_by_name = actor_name(), version = r.version + 1
     WHERE r.employer_id = of_employer AND r.borough_id = borough()
    RETURNING r.* INTO now_is;
    RETURN jsonb_build_object('relationship', relationship_json(now_is));
END
$$;
COMMENT ON FUNCTION update_relationship(jsonb) IS 'UpdateRelationshipRequest -> UpdateRelationshipResponse.';

GRANT EXECUTE ON FUNCTION employer_json(employer), site_json(site), contact_json(contact),
    relationship_json(relationship), tidy_lines(jsonb), put_site(jsonb, employer, boolean), similar_employers(text, text, uuid),
    create_employer(jsonb), update_employer(jsonb), add_site(jsonb), update_site(jsonb),
    person_hashes(text, text, text), objected_on(uuid, bytea[]), spread_objection(uuid),
    check_contact_dates(contact), add_contact(jsonb), update_contact(jsonb),
    update_relationship(jsonb) TO canvass_app;

COMMIT;
