-- Revert canvass:scope from pg

-- An opening for named boroughs is its borough's alone again.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION caller_audiences_packed();
CREATE OR REPLACE VIEW catalogue_job AS
    SELECT o.ctid AS at, o.id, o.employer_id, o.site_id,
           CASE WHEN NOT o.network THEN borough_audience(o.borough_id) END AS audience,
           o.hidden, o.places, o.starts_on, o.closes_on, o.soc, o.hours_min_tenths,
           o.hours_max_tenths, o.pay_pence_hour, o.shift_bits, o.driving, o.check_level,
           o.feature_bits AS features, o.permanent, o.expected_weeks, o.trial
      FROM opening o
     WHERE o.closed_at IS NULL AND coalesce(o.closes_on, 'infinity') >= (SELECT london_today())
       AND (SELECT actor() IS NULL);

CREATE OR REPLACE FUNCTION opening_json(o opening) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(
                'id', o.id, 'employer_id', o.employer_id, 'employer', e.name, 'site_id', o.site_id,
                'postcode', s.postcode, 'title', o.title, 'soc', o.soc,
                'soc_title', occupation_title(o.soc), 'hidden', o.hidden,
                'hours_min_tenths', o.hours_min_tenths, 'hours_max_tenths', o.hours_max_tenths,
                'pay_pence_hour', o.pay_pence_hour, 'shifts', o.shifts, 'driving', o.driving,
                'check', o.check_level, 'features', o.features, 'permanent', o.permanent,
                'starts_on', o.starts_on, 'closes_on', o.closes_on, 'places', o.places,
                'trial', o.trial, 'trial_days', o.trial_days, 'notes', o.notes, 'network', o.network,
                'borough', b.name, 'expected_weeks', o.expected_weeks, 'closed_at', o.closed_at,
                'closed_reason', o.closed_reason)
                || jsonb_build_object(
                'created', jsonb_build_object('at', o.created_at, 'by', o.created_by_name),
                'updated', jsonb_build_object('at', o.updated_at, 'by', o.updated_by_name),
                'etag', o.version::text))
              FROM employer e
              JOIN borough b ON b.id = o.borough_id
              LEFT JOIN site s ON s.id = o.site_id
             WHERE e.id = o.employer_id);
END
$$;

CREATE OR REPLACE FUNCTION opening_with(o opening, m jsonb, paths text[]) RETURNS opening
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    path text;
BEGIN
    FOREACH path IN ARRAY paths LOOP
        CASE path
        WHEN 'site_id' THEN
            o.site_id := site_of(m ->> 'site_id', o.employer_id, 'opening.site_id');
        WHEN 'title' THEN o.title := coalesce(tidy(m ->> 'title'), '');
        WHEN 'soc' THEN o.soc := soc_of(m ->> 'soc', 'opening.soc', true);
        WHEN 'hidden' THEN o.hidden := coalesce((m ->> 'hidden')::boolean, false);
        WHEN 'hours_min_tenths' THEN
            o.hours_min_tenths := coalesce((m ->> 'hours_min_tenths')::integer, 0);
        WHEN 'hours_max_tenths' THEN
            o.hours_max_tenths := coalesce((m ->> 'hours_max_tenths')::integer, 0);
        WHEN 'pay_pence_hour' THEN
            o.pay_pence_hour := coalesce((m ->> 'pay_pence_hour')::integer, 0);
        WHEN 'shifts' THEN o.shifts := spans_of(m -> 'shifts', 'opening.shifts');
        WHEN 'driving' THEN o.driving := (m ->> 'driving')::driving;
        WHEN 'check' THEN o.check_level := (m ->> 'check')::check_level;
        WHEN 'features' THEN o.features := features_of(m -> 'features');
        WHEN 'permanent' THEN o.permanent := coalesce((m ->> 'permanent')::boolean, false);
        WHEN 'starts_on' THEN o.starts_on := (m ->> 'starts_on')::date;
        WHEN 'closes_on' THEN
            o.closes_on := (m ->> 'closes_on')::date;
            IF o.closes_on < london_today() THEN
                PERFORM fail('CV003', 'opening.closes_on',
                             '%s has passed; give the last day on which somebody can be put '
                             'forward, or leave it out.', said_date(o.closes_on));
            END IF;
        WHEN 'places' THEN o.places := coalesce(nullif((m ->> 'places')::integer, 0), 1);
        WHEN 'trial' THEN o.trial := (m ->> 'trial')::trial_kind;
        WHEN 'trial_days' THEN o.trial_days := coalesce((m ->> 'trial_days')::integer, 0);
        WHEN 'notes' THEN o.notes := tidy(m ->> 'notes');
        WHEN 'network' THEN o.network := coalesce((m ->> 'network')::boolean, false);
        WHEN 'expected_weeks' THEN
            o.expected_weeks := coalesce((m ->> 'expected_weeks')::integer, 0);
        END CASE;
    END LOOP;
    -- One figure for the hours says both.
    IF 'hours_min_tenths' = ANY (paths) AND o.hours_max_tenths = 0 THEN
        o.hours_max_tenths := o.hours_min_tenths;
    END IF;
    RETURN o;
END
$$;

CREATE OR REPLACE FUNCTION opening_paths() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY['site_id', 'title', 'soc', 'hidden', 'hours_min_tenths', 'hours_max_tenths',
             'pay_pence_hour', 'shifts', 'driving', 'check', 'features', 'permanent', 'starts_on',
             'closes_on', 'places', 'trial', 'trial_days', 'notes', 'network', 'expected_weeks'];

CREATE OR REPLACE FUNCTION create_opening(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m jsonb := coalesce(request -> 'opening', '{}');
    o opening;
BEGIN
    o.employer_id := employer_of(m ->> 'employer_id', 'opening.employer_id');
    o := opening_with(o, m, opening_paths());
    o.id := chosen_id(m ->> 'id', 'opening.id');
    INSERT INTO opening (id, borough_id, employer_id, site_id, title, soc, hidden,
            hours_min_tenths, hours_max_tenths, pay_pence_hour, shifts, driving, check_level,
            features, permanent, starts_on, closes_on, places, trial, trial_days, notes, network,
            expected_weeks, created_by, created_by_name, updated_by, updated_by_name)
        VALUES (o.id, borough(), o.employer_id, o.site_id, o.title, o.soc, o.hidden,
            o.hours_min_tenths, o.hours_max_tenths, o.pay_pence_hour, o.shifts, o.driving,
            o.check_level, o.features, o.permanent, o.starts_on, o.closes_on, o.places, o.trial,
            o.trial_days, o.notes, o.network, o.expected_weeks, actor(), actor_name(), actor(),
            actor_name())
        RETURNING * INTO o;
    RETURN opening_json(o);
END
$$;

CREATE OR REPLACE FUNCTION update_opening(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m jsonb := coalesce(request -> 'opening', '{}');
    paths text[] := mask_of(request, VARIADIC opening_paths());
    o opening := opening_to_change(m ->> 'id', 'opening.id', m ->> 'etag');
BEGIN
    o := opening_with(o, m, paths);
    UPDATE opening u
       SET (site_id, title, soc, hidden, hours_min_tenths, hours_max_tenths, pay_pence_hour,
            shifts, driving, check_level, features, permanent, starts_on, closes_on, places,
            trial, trial_days, notes, network, expected_weeks)
         = (o.site_id, o.title, o.soc, o.hidden, o.hours_min_tenths, o.hours_max_tenths,
            o.pay_pence_hour, o.shifts, o.driving, o.check_level, o.features, o.permanent,
            o.starts_on, o.closes_on, o.places, o.trial, o.trial_days, o.notes, o.network,
            o.expected_weeks),
           updated_at = now(), updated_by = actor(), updated_by_name = actor_name(),
           version = u.version + 1
     WHERE u.id = o.id
    RETURNING u.* INTO o;
    RETURN opening_json(o);
END
$$;

CREATE OR REPLACE FUNCTION timeline(employer uuid, n integer, token text)
RETURNS TABLE (at timestamptz, kind text, borough text, by text, sentence text, subject_id uuid,
               next_page_token text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    key text[] := page_key(token, 3);
BEGIN
    IF NOT has_role('specialist', 'lead')
       OR NOT EXISTS (SELECT FROM employer e WHERE e.id = timeline.employer) THEN
        PERFORM fail('CV005', 'employer_id', 'There is no such employer.');
    END IF;
    RETURN QUERY
    SELECT l.at, l.kind, l.borough, l.by, l.sentence, l.shown_id,
           page_token(l.at::text, l.kind, l.id::text)
      FROM (
        SELECT v.at, 'visit' AS kind, v.id, b.name AS borough, s.name AS by,
               said_visit(jsonb_populate_record(NULL::visit, to_jsonb(v)), s.name, b.name,
                          v.borough_id = borough(), c.ref, occupation_title(v.role_soc))
                   AS sentence,
               CASE WHEN v.borough_id = borough() THEN v.id END AS shown_id
          FROM standing_visit v
          JOIN borough b ON b.id = v.borough_id
          JOIN specialist s ON s.id = v.specialist_id
          LEFT JOIN visit_client x ON x.visit_id = v.id
          LEFT JOIN client c ON c.id = x.client_id AND c.team_id = team()
         WHERE v.employer_id = timeline.employer
        UNION ALL
        SELECT o.created_at, 'opening', o.id, b.name, o.created_by_name,
               format('%s (%s) %s: %s', o.created_by_name, b.name,
                      CASE WHEN o.hidden THEN 'noted a lead' ELSE 'noted an opening' END,
                      o.title), o.id
          FROM opening o JOIN borough b ON b.id = o.borough_id
         WHERE o.employer_id = timeline.employer AND (o.network OR o.borough_id = borough())
        UNION ALL
        SELECT o.closed_at, 'opening', o.id, b.name, NULL,
               format('%s closed: %s', o.title, o.closed_reason), o.id
          FROM opening o JOIN borough b ON b.id = o.borough_id
         WHERE o.employer_id = timeline.employer AND (o.network OR o.borough_id = borough())
           AND o.closed_at IS NOT NULL
        UNION ALL
        SELECT k.created_at, 'contact', k.id, b.name, NULL,
               'Contact added: ' || k.name || coalesce(', ' || k.job, ''), k.id
          FROM contact k JOIN borough b ON b.id = k.borough_id
         WHERE k.employer_id = timeline.employer AND k.borough_id = borough()
           AND k.objected_on IS NULL
        UNION ALL
        SELECT e.created_at, 'created', e.id, NULL, e.created_by_name,
               'Added to the registry by ' || e.created_by_name, e.id
          FROM employer e WHERE e.id = timeline.employer
           ) AS l
     WHERE key IS NULL
        OR (l.at, l.kind, l.id) < (key[1]::timestamptz, key[2], key[3]::uuid)
     ORDER BY l.at DESC, l.kind DESC, l.id DESC
     LIMIT n;
END
$$;

ALTER POLICY seen ON opening
    USING ((network OR borough_id = (SELECT canvass.borough()))
           AND (SELECT canvass.has_role('specialist', 'lead')));
DROP TRIGGER audience ON opening;
DROP FUNCTION caller_audiences(), audience_note(), opening_audience(opening), audience_of(text[]),
    boroughs_of(jsonb, text), opening_is_seen(opening), places_taken(opening);
DROP TABLE audience;
ALTER TABLE opening DROP COLUMN seen_by;

COMMIT;
