-- Deploy canvass:rights to pg

-- What a person may ask for: all that is kept of them, and that it goes. A person is a client of the
-- team, or somebody to talk to of the borough. Erasing leaves a bare row in the person's place, so
-- that visits stay visits "for a client" and counts stay true, and empties what change keeps of the
-- row. A hold stops it. What nobody needs any more goes by rules with dates of effect, class by class.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

ALTER TABLE client ADD COLUMN erased_at timestamptz
    CONSTRAINT client_erased_discharged CHECK (erased_at IS NULL OR status = 'discharged');
COMMENT ON CONSTRAINT client_erased_discharged ON client IS 'client: A client who was erased is not supported.';
ALTER TABLE contact ADD COLUMN erased_at timestamptz;

CREATE TABLE hold (
    id               uuid PRIMARY KEY DEFAULT uuid_v7(),
    client_id        uuid REFERENCES client,
    contact_id       uuid REFERENCES contact,
    reason           text NOT NULL,
    placed_at        timestamptz NOT NULL DEFAULT now(),
    placed_by        uuid NOT NULL REFERENCES specialist,
    placed_by_name   text NOT NULL,
    released_at      timestamptz,
    released_by_name text,
    CONSTRAINT hold_of_one CHECK (num_nonnulls(client_id, contact_id) = 1),
    CONSTRAINT hold_reason_length CHECK (char_length(reason) BETWEEN 1 AND 200),
    CONSTRAINT hold_released_whole CHECK ((released_at IS NULL) = (released_by_name IS NULL))
);
CREATE UNIQUE INDEX hold_client_stands ON hold (client_id) WHERE released_at IS NULL;
CREATE UNIQUE INDEX hold_contact_stands ON hold (contact_id) WHERE released_at IS NULL;
COMMENT ON TABLE hold IS 'Records that must stay until somebody says otherwise: a claim, a complaint, a court.';
COMMENT ON CONSTRAINT hold_of_one ON hold IS 'client_id: Say whom: a client or a contact.';
COMMENT ON CONSTRAINT hold_reason_length ON hold IS 'reason: Say in 1 to 200 characters why the record must stay.';
COMMENT ON INDEX hold_client_stands IS 'client_id: This record is held already.';
COMMENT ON INDEX hold_contact_stands IS 'contact_id: This record is held already.';

CREATE TYPE retention_class AS ENUM ('client', 'contact', 'answer');
CREATE TABLE retention_rule (
    class          retention_class NOT NULL,
    effective_from date NOT NULL,
    keep           interval NOT NULL,
    counted_from   text NOT NULL,
    source         text NOT NULL,
    PRIMARY KEY (class, effective_from),
    CONSTRAINT retention_rule_keep CHECK (keep >= interval '1 day')
);
COMMENT ON TABLE retention_rule IS 'How long each class of rows is kept, by date of effect (DOMAIN.md section 5). Rules are rows; the controller decides them.';
COMMENT ON CONSTRAINT retention_rule_keep ON retention_rule IS 'keep: Everything is kept for a day at least.';
INSERT INTO retention_rule (class, effective_from, keep, counted_from, source) VALUES
    ('client', '2026-01-01', '8 years', 'the end of support', 'NHS Records Management Code: other adult records'),
    ('contact', '2026-01-01', '2 years', 'the last check or change', 'UK GDPR article 5(1)(e): no longer than is needed'),
    ('answer', '2026-01-01', '30 days', 'the request', 'Answers serve repeats after a lost connection');

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['hold', 'retention_rule'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
    END LOOP;
END
$$;
CREATE POLICY callers ON retention_rule FOR SELECT TO canvass_app USING ((SELECT canvass.actor()) IS NOT NULL);
CREATE POLICY own ON hold FOR SELECT TO canvass_app
    USING (EXISTS (SELECT FROM canvass.client c WHERE c.id = client_id)
           OR EXISTS (SELECT FROM canvass.contact c WHERE c.id = contact_id AND c.borough_id = (SELECT canvass.borough())));
GRANT SELECT ON hold, retention_rule TO canvass_app;

INSERT INTO audit_method (prefix, kind) VALUES ('canvass.v1.RightsService/Export', 'export');

CREATE FUNCTION retention_on(of_class retention_class, d date) RETURNS retention_rule
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT r FROM retention_rule r WHERE r.class = of_class AND r.effective_from <= d ORDER BY r.effective_from DESC LIMIT 1
$$;

-- ---- whom a request names ----

CREATE TYPE person AS (client_id uuid, contact_id uuid);

CREATE FUNCTION person_of(request jsonb, for_lead boolean) RETURNS person
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    p person;
    c client;
    k contact;
BEGIN
    IF for_lead AND NOT has_role('lead') THEN
        PERFORM fail('CV007', '', 'This is for a lead of the team.');
    END IF;
    IF tidy(request ->> 'contact_id') IS NOT NULL THEN
        IF coalesce(tidy(request ->> 'client_id'), tidy(request ->> 'ref')) IS NOT NULL THEN
            PERFORM fail('CV003', 'contact_id', 'Name a client or a contact, not both.');
        END IF;
        SELECT * INTO k FROM contact x WHERE x.id = given_id(request ->> 'contact_id', 'contact_id')
           AND x.borough_id = borough();
        IF k.id IS NULL THEN
            PERFORM fail('CV005', 'contact_id', 'Your borough keeps no such contact.');
        ELSIF k.erased_at IS NOT NULL THEN
            PERFORM fail('CV009', 'contact_id', 'This person was erased %s; nothing is kept of them.', said_when(k.erased_at));
        END IF;
        p.contact_id := k.id;
    ELSE
        c := client_of(request ->> 'client_id', request ->> 'ref', 'client_id', 'ref');
        -- In a function of the owner policies show everything.
        IF c.team_id IS DISTINCT FROM team() THEN
            PERFORM fail('CV005', 'client_id', 'Your team has no such client.');
        ELSIF c.erased_at IS NOT NULL THEN
            PERFORM fail('CV009', 'client_id', 'This person was erased %s; nothing is kept of them.', said_when(c.erased_at));
        END IF;
        p.client_id := c.id;
    END IF;
    RETURN p;
END
$$;
COMMENT ON FUNCTION person_of(jsonb, boolean) IS 'The client of the team or contact of the borough that a request names: CV003, CV005, CV007, CV009.';

CREATE FUNCTION check_not_held(p person) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    h hold;
BEGIN
    SELECT * INTO h FROM hold x WHERE (x.client_id = p.client_id OR x.contact_id = p.contact_id) AND x.released_at IS NULL;
    IF FOUND THEN
        PERFORM fail('CV009', '', '%s holds this record since %s: %s. Release the hold first.',
                     h.placed_by_name, said_date(london_day(h.placed_at)), h.reason);
    END IF;
END
$$;

-- ---- all that is kept ----

-- Who was shown the person's rows. Definer: whoever may export may say who read.
CREATE FUNCTION readers_of(p person) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object('at', said_moment(a.at), 'by', s.name, 'what', a.kind,
                                                         'method', split_part(a.method, '/', 2)) ORDER BY a.id), '[]')
              FROM audit a JOIN specialist s ON s.id = a.actor
             WHERE a.kind <> 'refused' AND has_role('specialist', 'lead')
               AND (a.clients @> ARRAY[p.client_id] AND EXISTS (SELECT FROM client c WHERE c.id = p.client_id AND c.team_id = team())
                    OR a.contacts @> ARRAY[p.contact_id] AND EXISTS (SELECT FROM contact c WHERE c.id = p.contact_id AND c.borough_id = borough())));
END
$$;

CREATE FUNCTION said_moment(at timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(at AT TIME ZONE 'Europe/London', 'FMDD FMMonth YYYY HH24:MI');

-- Employers, specialists and occupations by name, beside what the row says itself.
CREATE FUNCTION person_row(r jsonb) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT jsonb_strip_nulls(r - '{id,client_id,team_id,site_id,updated_by,recorded_by,version}'::text[] || jsonb_build_object(
        'employer', (SELECT e.name FROM employer e WHERE e.id = (r ->> 'employer_id')::uuid),
        'specialist', specialist_name(coalesce(r ->> 'specialist_id', r ->> 'recorded_by')::uuid),
        'occupation', occupation_title(r ->> 'soc')))
$$;

CREATE FUNCTION person_json(p person) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN jsonb_build_object(
        'record', CASE WHEN p.client_id IS NOT NULL
            THEN (SELECT client_json(c) || jsonb_strip_nulls(jsonb_build_object(
                             'discharged_at', c.discharged_at, 'discharge_reason', c.discharge_reason,
                             'created_at', c.created_at, 'updated_at', c.updated_at, 'updated_by', c.updated_by_name))
                    FROM client c WHERE c.id = p.client_id)
            ELSE (SELECT contact_json(c) FROM contact c WHERE c.id = p.contact_id) END,
        'pauses', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(x) - '{id,client_id}'::text[]) ORDER BY x.began_at), '[]')
                     FROM client_pause x WHERE x.client_id = p.client_id),
        'visits', (SELECT coalesce(jsonb_agg(visit_json(v) ORDER BY v.at), '[]') FROM visit v
                    WHERE v.id IN (SELECT l.visit_id FROM visit_client l WHERE l.client_id = p.client_id)
                       OR v.contact_id = p.contact_id),
        'plans', (SELECT coalesce(jsonb_agg(plan_json(v) ORDER BY v.at), '[]') FROM plan v
                   WHERE v.id IN (SELECT l.plan_id FROM plan_client l WHERE l.client_id = p.client_id)),
        'disclosures', (SELECT coalesce(jsonb_agg(person_row(to_jsonb(d)) ORDER BY d.recorded_at), '[]')
                          FROM disclosure d WHERE d.client_id = p.client_id),
        'trials', (SELECT coalesce(jsonb_agg(person_row(to_jsonb(t)) ORDER BY t.created_at), '[]')
                     FROM trial t WHERE t.client_id = p.client_id),
        'jobs', (SELECT coalesce(jsonb_agg(person_row(to_jsonb(j)) || jsonb_build_object(
                            'terms', (SELECT jsonb_agg(person_row(to_jsonb(t)) - 'job_id' ORDER BY t.from_on) FROM job_terms t WHERE t.job_id = j.id),
                            'lost_shifts', (SELECT coalesce(jsonb_agg(person_row(to_jsonb(l)) - 'job_id' ORDER BY l.on_day), '[]') FROM lost_shift l WHERE l.job_id = j.id))
                        ORDER BY j.starts_on), '[]')
                   FROM job j WHERE j.client_id = p.client_id),
        'support', (SELECT coalesce(jsonb_agg(person_row(to_jsonb(s)) ORDER BY s.at), '[]')
                      FROM support s WHERE s.client_id = p.client_id),
        'shares', (SELECT coalesce(jsonb_agg(share_json(s) ORDER BY s.given_at), '[]') FROM contact_share s
                    WHERE s.contact_id = p.contact_id AND s.borough_id = borough()),
        'asked_for', (SELECT coalesce(jsonb_agg(contact_request_json(r) ORDER BY r.asked_at), '[]') FROM contact_request r
                       WHERE r.contact_id = p.contact_id),
        'holds', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(to_jsonb(h) - '{id,client_id,contact_id,placed_by}'::text[]) ORDER BY h.placed_at), '[]')
                    FROM hold h WHERE h.client_id = p.client_id OR h.contact_id = p.contact_id),
        'history', (SELECT coalesce(jsonb_agg(h.entry - '{undoable,why_not,request_id}'::text[]), '[]')
                      FROM history(jsonb_strip_nulls(jsonb_build_object('client_id', p.client_id, 'contact_id', p.contact_id)), 10000, NULL) AS h),
        'changes', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('at', c.at, 'by', c.actor_name, 'table', c.table_name, 'what', c.op, 'old', c.old, 'new', c.new)) ORDER BY c.id), '[]')
                      FROM change c WHERE c.client_id = p.client_id OR c.table_name = 'contact' AND c.row_id = p.contact_id),
        'readers', readers_of(p));
END
$$;
COMMENT ON FUNCTION person_json(person) IS 'All that is kept of a person, by the caller''s rights. Matches are worked out when somebody asks and are not kept.';

-- Any JSON as lines that people read: nothing of it is left out.
CREATE FUNCTION said_json(v jsonb, indent text DEFAULT '') RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN CASE jsonb_typeof(v)
        WHEN 'object' THEN (SELECT string_agg(indent || replace(e.key, '_', ' ') || ':'
                                   || CASE WHEN jsonb_typeof(e.value) IN ('object', 'array')
                                           THEN coalesce(E'\n' || nullif(said_json(e.value, indent || '  '), ''), ' none')
                                           ELSE ' ' || coalesce(e.value #>> '{}', '') END, E'\n')
                              FROM jsonb_each(v) AS e)
        WHEN 'array' THEN (SELECT string_agg(CASE WHEN jsonb_typeof(e.value) IN ('object', 'array')
                                                  THEN overlay(said_json(e.value, indent || '  ') PLACING '-' FROM length(indent) + 1 FOR 1)
                                                  ELSE indent || '- ' || (e.value #>> '{}') END, E'\n' ORDER BY e.n)
                             FROM jsonb_array_elements(v) WITH ORDINALITY AS e (value, n))
        ELSE indent || coalesce(v #>> '{}', '') END;
END
$$;

CREATE FUNCTION person_document(p person, v jsonb) RETURNS text
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT format(E'All that canvass keeps of %s, on %s\n', coalesce(v #>> '{record,ref}', v #>> '{record,name}'), said_date(london_today()))
           || string_agg(format(E'\n%s\n%s\n', s.title, coalesce(said_json(v -> s.name, '  '), '  nothing')), '' ORDER BY s.n)
           || E'\nMatches are worked out when somebody asks for them and are not kept.\n'
      FROM (VALUES (1, 'record', 'The record'), (2, 'pauses', 'Pauses'), (3, 'visits', 'Visits with this person in mind, or to them'),
                   (4, 'plans', 'Planned visits'), (5, 'disclosures', 'What employers may know'), (6, 'trials', 'Work trials'),
                   (7, 'jobs', 'Jobs'), (8, 'support', 'Support'), (9, 'shares', 'Shared with'), (10, 'asked_for', 'Asked for by'),
                   (11, 'holds', 'Holds'), (12, 'history', 'What was changed, in sentences'),
                   (13, 'changes', 'What was changed, as it is kept'), (14, 'readers', 'Who was shown it')) AS s (n, name, title)
$$;

CREATE FUNCTION export_person(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    p person := person_of(request, false);
    v jsonb := person_json(p);
BEGIN
    PERFORM saw('canvass.saw_contacts', p.contact_id);
    RETURN jsonb_build_object('document', person_document(p, v), 'json', jsonb_pretty(v));
END
$$;
COMMENT ON FUNCTION export_person(jsonb) IS 'RightsService/ExportPerson: the whole response.';

-- ---- erasing ----

-- As in change merge; and who was met goes with the contact who is erased.
CREATE OR REPLACE FUNCTION visit_moves() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF OLD.contact_id::text = current_setting('canvass.erasing', true)
       AND NEW.met IS NULL AND to_jsonb(NEW) - 'met' = to_jsonb(OLD) - 'met' THEN
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - '{employer_id,site_id,contact_id}'::text[]
       <> to_jsonb(OLD) - '{employer_id,site_id,contact_id}'::text[]
       OR NOT EXISTS (SELECT FROM change c
                       WHERE c.xid = pg_current_xact_id() AND c.table_name = 'employer_merge') THEN
        PERFORM fail('CV009', '', 'What is in the log of visits stays as it is; put a visit right with '
                                  'a new one.');
    END IF;
    RETURN NEW;
END
$$;

-- Kept answers show the person as well: a repeat is told that it was done.
CREATE FUNCTION forget_answers(of_person uuid) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = canvass, pg_temp
AS $$
    UPDATE request r SET answer = NULL WHERE strpos(r.answer::text, of_person::text) > 0
$$;

-- For the owner; whoever calls has looked at rights and holds.
-- Change trial fills it.
CREATE FUNCTION stop_before_erasing(of_client uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$ BEGIN END $$;
COMMENT ON FUNCTION stop_before_erasing(uuid) IS 'End what must not go on without the client''s texts, or refuse: CV009.';

CREATE FUNCTION erase_client(id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    PERFORM stop_before_erasing(erase_client.id);
    DELETE FROM client_occupation x WHERE x.client_id = erase_client.id;
    DELETE FROM client_wishes x WHERE x.client_id = erase_client.id;
    DELETE FROM client_constraints x WHERE x.client_id = erase_client.id;
    DELETE FROM client_unavailable x WHERE x.client_id = erase_client.id;
    DELETE FROM client_pause x WHERE x.client_id = erase_client.id;
    DELETE FROM plan_client l USING plan p WHERE l.client_id = erase_client.id AND p.id = l.plan_id AND p.visit_id IS NULL;
    DELETE FROM hold h WHERE h.client_id = erase_client.id;
    DELETE FROM disclosure d WHERE d.client_id = erase_client.id;
    -- Trials, jobs and contacts stay as counts: kinds, days, hours, no text.
    UPDATE trial t SET jcp_ref = NULL, override_reason = NULL, unpaid_reason = NULL, observer = NULL, tasks = NULL,
           adjustments = NULL, outcome_reason = NULL, employer_feedback = NULL, client_feedback = NULL
     WHERE t.client_id = erase_client.id;
    UPDATE support s SET about = NULL WHERE s.client_id = erase_client.id AND s.about IS NOT NULL;
    UPDATE lost_shift l SET reason = 'other' WHERE l.client_id = erase_client.id;
    -- The year stays, for counts of who was supported when.
    UPDATE client c
       SET ref = 'ERASED-' || lpad((random() * 1e9)::bigint::text, 10, '0'), initials = NULL, specialist_id = NULL,
           status = 'discharged', paused_until = NULL, age_band = NULL, home_postcode = NULL, home_easting = NULL,
           home_northing = NULL, home_approximate = false, entered_on = date_trunc('year', c.entered_on)::date,
           discharged_at = date_trunc('year', coalesce(c.discharged_at, now())),
           discharge_reason = coalesce(c.discharge_reason, 'other'), created_at = date_trunc('year', c.created_at),
           erased_at = now(), updated_at = now(), updated_by = actor(), updated_by_name = actor_name(), version = c.version + 1
     WHERE c.id = erase_client.id;
    PERFORM change_forget_client(erase_client.id), forget_answers(erase_client.id);
END
$$;

CREATE FUNCTION erase_contact(id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    PERFORM set_config('canvass.erasing', erase_contact.id::text, true);
    UPDATE visit v SET met = NULL WHERE v.contact_id = erase_contact.id AND v.met IS NOT NULL;
    PERFORM set_config('canvass.erasing', '', true);
    UPDATE contact_share s SET withdrawn_at = now(), withdrawn_by = actor(), withdrawn_by_name = actor_name()
     WHERE s.contact_id = erase_contact.id AND s.withdrawn_at IS NULL;
    DELETE FROM hold h WHERE h.contact_id = erase_contact.id;
    -- An objection stays: its hashes keep the person from being contacted again.
    UPDATE contact c
       SET name = 'Erased', job = NULL, hires = false, phone = NULL, email = NULL, source = 'erased', told_on = NULL,
           checked_on = NULL, erased_at = now(), updated_at = now(), updated_by = actor(), updated_by_name = actor_name(),
           version = c.version + 1
     WHERE c.id = erase_contact.id;
    UPDATE change x SET old = NULL, new = NULL WHERE x.table_name = 'contact' AND x.row_id = erase_contact.id;
    UPDATE change x SET old = x.old - 'met', new = x.new - 'met'
     WHERE x.table_name = 'visit' AND x.row_id IN (SELECT v.id FROM visit v WHERE v.contact_id = erase_contact.id);
    PERFORM forget_answers(erase_contact.id);
END
$$;

CREATE FUNCTION n_of(n bigint, one text, many text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE n WHEN 0 THEN NULL WHEN 1 THEN '1 ' || one ELSE n || ' ' || many END;

-- Its answer names nobody: it is kept.
CREATE FUNCTION erase_person(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    p person;
    goes text[];
    stays text[];
BEGIN
    p := person_of(request, true);
    PERFORM check_not_held(p);
    IF p.client_id IS NOT NULL THEN
        -- Waits for whoever changes the client now.
        PERFORM FROM client c WHERE c.id = p.client_id FOR UPDATE;
        goes := ARRAY['reference, initials, age band and where journeys begin', 'wishes, what must hold, windows',
            n_of((SELECT count(*) FROM disclosure d WHERE d.client_id = p.client_id), 'agreement with an employer', 'agreements with employers'),
            n_of((SELECT count(*) FROM client_pause x WHERE x.client_id = p.client_id), 'pause', 'pauses'),
            n_of((SELECT count(*) FROM change c WHERE c.client_id = p.client_id AND num_nonnulls(c.old, c.new) > 0),
                 'change''s values', 'changes'' values')];
        stays := ARRAY[n_of((SELECT count(*) FROM visit_client l WHERE l.client_id = p.client_id),
                            'visit "for a client"; read its text, which should name nobody', 'visits "for a client"; read their texts, which should name nobody'),
                       n_of((SELECT count(*) FROM trial t WHERE t.client_id = p.client_id), 'trial, without its texts', 'trials, without their texts'),
                       n_of((SELECT count(*) FROM job j WHERE j.client_id = p.client_id), 'job', 'jobs'),
                       n_of((SELECT count(*) FROM support s WHERE s.client_id = p.client_id), 'contact of support, without its text', 'contacts of support, without their texts'),
                       'one client, without anything of them, so that counts stay true'];
        PERFORM erase_client(p.client_id);
    ELSE
        PERFORM FROM contact c WHERE c.id = p.contact_id FOR UPDATE;
        goes := ARRAY['name, job, telephone, address, source',
            n_of((SELECT count(*) FROM visit v WHERE v.contact_id = p.contact_id AND v.met IS NOT NULL), 'visit''s "who was met"', 'visits'' "who was met"'),
            n_of((SELECT count(*) FROM contact_share s WHERE s.contact_id = p.contact_id AND s.withdrawn_at IS NULL), 'share', 'shares'),
            n_of((SELECT count(*) FROM change c WHERE c.table_name = 'contact' AND c.row_id = p.contact_id AND num_nonnulls(c.old, c.new) > 0),
                 'change''s values', 'changes'' values')];
        stays := ARRAY[n_of((SELECT count(*) FROM visit v WHERE v.contact_id = p.contact_id), 'visit', 'visits'),
                       CASE WHEN (SELECT c.objected_on FROM contact c WHERE c.id = p.contact_id) IS NOT NULL THEN 'the objection, as hashes' END];
        PERFORM erase_contact(p.contact_id);
    END IF;
    RETURN jsonb_build_object('goes', to_jsonb(array_remove(goes, NULL)), 'stays', to_jsonb(array_remove(stays, NULL)));
END
$$;
COMMENT ON FUNCTION erase_person(jsonb) IS 'RightsService/ErasePerson: the whole response.';

-- ---- holds ----

CREATE FUNCTION hold_json(h hold) RETURNS jsonb
LANGUAGE sql STABLE
RETURN jsonb_strip_nulls(jsonb_build_object('id', h.id, 'client_id', h.client_id, 'contact_id', h.contact_id,
    'reason', h.reason, 'placed_at', h.placed_at, 'placed_by', h.placed_by_name,
    'released_at', h.released_at, 'released_by', h.released_by_name));

CREATE FUNCTION hold_person(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    p person := person_of(request, true);
    h hold;
BEGIN
    INSERT INTO hold (client_id, contact_id, reason, placed_by, placed_by_name)
        VALUES (p.client_id, p.contact_id, coalesce(tidy(request ->> 'reason'), ''), actor(), actor_name())
        RETURNING * INTO h;
    RETURN hold_json(h);
END
$$;
COMMENT ON FUNCTION hold_person(jsonb) IS 'RightsService/HoldPerson: the hold.';

CREATE FUNCTION release_person(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    p person := person_of(request, true);
    h hold;
BEGIN
    UPDATE hold x SET released_at = now(), released_by_name = actor_name()
     WHERE (x.client_id = p.client_id OR x.contact_id = p.contact_id) AND x.released_at IS NULL
    RETURNING x.* INTO h;
    IF h.id IS NULL THEN
        PERFORM fail('CV009', '', 'Nobody holds this record.');
    END IF;
    RETURN hold_json(h);
END
$$;
COMMENT ON FUNCTION release_person(jsonb) IS 'RightsService/ReleasePerson: the hold.';

-- ---- what is due to go ----

-- What of the caller's reach has been kept long enough: a lead's own team's clients and own
-- borough's contacts, an administrator's kept answers. Nobody learns how many clients others have.
CREATE FUNCTION purge_due(of_class retention_class, until timestamptz)
RETURNS TABLE (id uuid, is_held boolean)
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT c.id, EXISTS (SELECT FROM hold h WHERE h.client_id = c.id AND h.released_at IS NULL)
      FROM client c
     WHERE of_class = 'client' AND has_role('lead') AND c.team_id = team() AND c.erased_at IS NULL AND c.discharged_at < until
    UNION ALL
    SELECT c.id, EXISTS (SELECT FROM hold h WHERE h.contact_id = c.id AND h.released_at IS NULL)
      FROM contact c
     WHERE of_class = 'contact' AND has_role('lead') AND c.borough_id = borough() AND c.erased_at IS NULL
       AND greatest(london_midnight(c.checked_on), london_midnight(c.told_on), c.updated_at) < until
    UNION ALL
    SELECT r.id, false FROM request r WHERE of_class = 'answer' AND has_role('administrator') AND r.created_at < until
$$;

CREATE FUNCTION purge(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    rule retention_rule;
    k retention_class;
    until timestamptz;
    due uuid[];
    held bigint;
    lines jsonb := '[]';
BEGIN
    FOREACH k IN ARRAY enum_range(NULL::retention_class) LOOP
        CONTINUE WHEN NOT CASE WHEN k = 'answer' THEN has_role('administrator') ELSE has_role('lead') END;
        rule := retention_on(k, london_today());
        CONTINUE WHEN rule.class IS NULL;
        until := now() - rule.keep;
        SELECT coalesce(array_agg(d.id) FILTER (WHERE NOT d.is_held), '{}'), count(*) FILTER (WHERE d.is_held)
          INTO due, held FROM purge_due(k, until) AS d;
        CASE k
        WHEN 'client' THEN PERFORM erase_client(d) FROM unnest(due) AS d;
        WHEN 'contact' THEN PERFORM erase_contact(d) FROM unnest(due) AS d;
        WHEN 'answer' THEN PERFORM purge_requests(rule.keep);
        END CASE;
        lines := lines || jsonb_build_object('class', k, 'rule', format('%s after %s', rule.keep, rule.counted_from),
            'source', rule.source, 'before', until, 'goes', cardinality(due), 'held', held);
    END LOOP;
    RETURN jsonb_build_object('lines', lines);
END
$$;
COMMENT ON FUNCTION purge(jsonb) IS 'RightsService/Purge: the whole response. A rehearsal is the same, undone.';

GRANT EXECUTE ON FUNCTION retention_on(retention_class, date), person_of(jsonb, boolean), check_not_held(person),
    readers_of(person), said_moment(timestamptz), person_row(jsonb), person_json(person), said_json(jsonb, text),
    person_document(person, jsonb), export_person(jsonb), erase_person(jsonb), hold_json(hold), hold_person(jsonb),
    release_person(jsonb), purge(jsonb) TO canvass_app;

COMMIT;
