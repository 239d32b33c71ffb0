-- Deploy canvass:client to pg

-- Clients, seen by the team that supports them and by nobody else: every table here hangs on
-- client, whose policy asks for the team. Least data (DOMAIN.md section 5): the clinical system's
-- reference and initials at most; flags, never a name, birth date, NHS number, medicine, diagnosis
-- or offence. Discharge takes away what only the search for a job needed.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TYPE client_status AS ENUM ('active', 'paused', 'discharged');
CREATE TYPE discharge_reason AS ENUM ('in_work', 'own_wish', 'moved', 'no_contact', 'other');
CREATE TYPE unavailable_kind AS ENUM ('pickup', 'appointment', 'caring', 'other');
COMMENT ON TYPE unavailable_kind IS 'Why a client cannot work then: a kind and no more.';

-- Ten digits whose last one checks the others (modulus 11): an NHS number.
CREATE FUNCTION is_nhs_number(t text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN translate(t, '- ', '') ~ '^[0-9]{10}$'
       AND (SELECT sum(substr(translate(t, '- ', ''), i, 1)::integer * (11 - i)) % 11 = 0
              FROM generate_series(1, 10) AS i);

CREATE TABLE client (
    id               uuid PRIMARY KEY DEFAULT uuid_v7(),
    team_id          uuid NOT NULL REFERENCES team,
    ref              text COLLATE "C" NOT NULL,
    initials         text,
    specialist_id    uuid,
    status           client_status NOT NULL DEFAULT 'active',
    age_band         age_band,
    -- A postcode, or its sector: "SW9 8" is enough and less.
    home_postcode    text COLLATE "C",
    home_easting     integer,
    home_northing    integer,
    -- The point is the middle of the sector.
    home_approximate boolean NOT NULL DEFAULT false,
    entered_on       date NOT NULL,
    paused_until     date,
    discharged_at    timestamptz,
    discharge_reason discharge_reason,
    created_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    updated_by       uuid,
    updated_by_name  text NOT NULL,
    version          bigint NOT NULL DEFAULT 1,
    CONSTRAINT client_ref_unique UNIQUE (team_id, ref),
    CONSTRAINT client_ref_form CHECK (ref ~ '^[A-Z0-9][A-Z0-9-]{0,18}[A-Z0-9]$' AND ref ~ '[0-9]'),
    CONSTRAINT client_ref_not_nhs CHECK (NOT is_nhs_number(ref)),
    CONSTRAINT client_initials_form CHECK (initials ~ '^[[:alpha:]]{1,4}$'),
    CONSTRAINT client_specialist_of_team FOREIGN KEY (specialist_id, team_id) REFERENCES specialist (id, team_id),
    CONSTRAINT client_entered_range CHECK (entered_on BETWEEN '2000-01-01' AND '2199-12-31'),
    CONSTRAINT client_home_whole CHECK ((home_easting IS NULL) = (home_northing IS NULL)),
    CONSTRAINT client_paused_whole CHECK ((status = 'paused') = (paused_until IS NOT NULL)),
    CONSTRAINT client_discharged_whole CHECK ((status = 'discharged') = (discharged_at IS NOT NULL)),
    -- What discharge takes away stays away.
    CONSTRAINT client_discharged_least CHECK
        (status <> 'discharged' OR (initials IS NULL AND home_postcode IS NULL
                                    AND home_easting IS NULL AND age_band IS NULL))
);
CREATE INDEX client_specialist ON client (specialist_id);
COMMENT ON TABLE client IS 'Clients of a team, by the clinical system''s reference. No name, birth date, NHS number, medicine or offence.';
COMMENT ON COLUMN client.ref IS 'In capitals, so that "lb-014" is the same client.';
COMMENT ON CONSTRAINT client_pkey ON client IS 'client.id: This id is taken; leave it empty to get one.';
COMMENT ON CONSTRAINT client_ref_unique ON client IS 'client.ref: Your team has a client with this reference already.';
COMMENT ON CONSTRAINT client_ref_form ON client IS 'client.ref: A reference is 2 to 20 letters, digits and hyphens with a digit among them, like LB-014; never a name.';
COMMENT ON CONSTRAINT client_ref_not_nhs ON client IS 'client.ref: This is an NHS number, which is not kept here; use the clinical system''s own reference.';
COMMENT ON CONSTRAINT client_initials_form ON client IS 'client.initials: Initials are 1 to 4 letters.';
COMMENT ON CONSTRAINT client_specialist_of_team ON client IS 'client.specialist_id: The specialist is somebody of your team.';
COMMENT ON CONSTRAINT client_entered_range ON client IS 'client.entered_on: Give the day on which support began.';

CREATE TABLE client_occupation (
    client_id uuid NOT NULL REFERENCES client,
    position  integer NOT NULL,
    soc       text COLLATE "C" NOT NULL CONSTRAINT client_occupation_known REFERENCES occupation,
    weight    integer NOT NULL,
    PRIMARY KEY (client_id, position),
    CONSTRAINT client_occupation_once UNIQUE (client_id, soc),
    CONSTRAINT client_occupation_weight CHECK (weight BETWEEN 1 AND 5)
);
COMMENT ON TABLE client_occupation IS 'Occupations that a client would like, at any level of SOC 2020, in the client''s order.';
COMMENT ON CONSTRAINT client_occupation_known ON client_occupation IS 'wishes.occupations: There is no such SOC 2020 group in the list.';
COMMENT ON CONSTRAINT client_occupation_once ON client_occupation IS 'wishes.occupations: An occupation stands here twice.';
COMMENT ON CONSTRAINT client_occupation_weight ON client_occupation IS 'wishes.occupations: A weight is 1 (would do) to 5 (wants most).';

CREATE TABLE client_wishes (
    client_id       uuid PRIMARY KEY REFERENCES client,
    sectors         text[] NOT NULL DEFAULT '{}',
    hours_tenths    integer NOT NULL DEFAULT 0,
    pay_pence_hour  integer NOT NULL DEFAULT 0,
    trial_first     boolean NOT NULL DEFAULT false,
    -- NULL: the default of match_default.
    weight_nearness integer,
    weight_pay      integer,
    weight_hours    integer,
    CONSTRAINT client_wishes_hours CHECK (hours_tenths BETWEEN 0 AND 800),
    CONSTRAINT client_wishes_pay CHECK (pay_pence_hour BETWEEN 0 AND 100000),
    CONSTRAINT client_wishes_weight_nearness CHECK (weight_nearness BETWEEN 0 AND 5),
    CONSTRAINT client_wishes_weight_pay CHECK (weight_pay BETWEEN 0 AND 5),
    CONSTRAINT client_wishes_weight_hours CHECK (weight_hours BETWEEN 0 AND 5)
);
COMMENT ON TABLE client_wishes IS 'What a client would like of a job, besides the occupation.';
COMMENT ON CONSTRAINT client_wishes_hours ON client_wishes IS 'wishes.hours_tenths: Hours a week are tenths of an hour, at most 800: 160 is 16 hours.';
COMMENT ON CONSTRAINT client_wishes_pay ON client_wishes IS 'wishes.pay_pence_hour: Pay is pence an hour: £13.00 is 1300.';
COMMENT ON CONSTRAINT client_wishes_weight_nearness ON client_wishes IS 'wishes.weight_nearness: A weight is 0 (does not count) to 5 (counts most).';
COMMENT ON CONSTRAINT client_wishes_weight_pay ON client_wishes IS 'wishes.weight_pay: A weight is 0 (does not count) to 5 (counts most).';
COMMENT ON CONSTRAINT client_wishes_weight_hours ON client_wishes IS 'wishes.weight_hours: A weight is 0 (does not count) to 5 (counts most).';

CREATE TABLE client_constraints (
    client_id           uuid PRIMARY KEY REFERENCES client,
    hours_min_tenths    integer NOT NULL DEFAULT 0,
    hours_max_tenths    integer NOT NULL DEFAULT 0,
    pay_min_pence_hour  integer NOT NULL DEFAULT 0,
    distance_max_metres integer NOT NULL DEFAULT 0,
    available           jsonb NOT NULL DEFAULT '[]',
    travel_minutes      integer NOT NULL DEFAULT 0,
    may_drive           driving,
    driving_review_on   date,
    may_drive_after     driving,
    check_clear         check_level,
    check_changes_on    date,
    check_clear_after   check_level,
    can_start_on        date,
    must_not            job_feature[] NOT NULL DEFAULT '{}',
    excluded_sic        text[] NOT NULL DEFAULT '{}',
    excluded_soc        text[] NOT NULL DEFAULT '{}',
    CONSTRAINT client_constraints_hours_min CHECK (hours_min_tenths BETWEEN 0 AND 800),
    CONSTRAINT client_constraints_hours_max CHECK (hours_max_tenths BETWEEN 0 AND 800),
    CONSTRAINT client_constraints_hours_order CHECK (hours_max_tenths = 0 OR hours_max_tenths >= hours_min_tenths),
    CONSTRAINT client_constraints_pay CHECK (pay_min_pence_hour BETWEEN 0 AND 100000),
    CONSTRAINT client_constraints_distance CHECK (distance_max_metres BETWEEN 0 AND 200000),
    CONSTRAINT client_constraints_travel CHECK (travel_minutes BETWEEN 0 AND 240 AND travel_minutes % 30 = 0),
    CONSTRAINT client_constraints_driving_review CHECK ((driving_review_on IS NULL) = (may_drive_after IS NULL)),
    CONSTRAINT client_constraints_check_changes CHECK ((check_changes_on IS NULL) = (check_clear_after IS NULL))
);
COMMENT ON TABLE client_constraints IS 'What must hold. Driving and checks are a level and a day; why is not stored.';
COMMENT ON CONSTRAINT client_constraints_hours_min ON client_constraints IS 'constraints.hours_min_tenths: Hours a week are tenths of an hour, at most 800: 160 is 16 hours.';
COMMENT ON CONSTRAINT client_constraints_hours_max ON client_constraints IS 'constraints.hours_max_tenths: Hours a week are tenths of an hour, at most 800; 0 for no limit.';
COMMENT ON CONSTRAINT client_constraints_hours_order ON client_constraints IS 'constraints.hours_max_tenths: The most hours are at least the fewest.';
COMMENT ON CONSTRAINT client_constraints_pay ON client_constraints IS 'constraints.pay_min_pence_hour: Pay is pence an hour; 0 for no limit besides the minimum wage.';
COMMENT ON CONSTRAINT client_constraints_distance ON client_constraints IS 'constraints.distance_max_metres: A distance is metres from home in a straight line, at most 200,000; 0 for no limit.';
COMMENT ON CONSTRAINT client_constraints_travel ON client_constraints IS 'constraints.travel_minutes: Travel is 0 to 240 minutes in steps of 30.';
COMMENT ON CONSTRAINT client_constraints_driving_review ON client_constraints IS 'constraints.driving_review_on: A licence review has a day and what is expected after it; give both.';
COMMENT ON CONSTRAINT client_constraints_check_changes ON client_constraints IS 'constraints.check_changes_on: A change of the clear level has a day and the level after it; give both.';

CREATE TABLE client_unavailable (
    client_id uuid NOT NULL REFERENCES client,
    position  integer NOT NULL,
    span      jsonb NOT NULL,
    kind      unavailable_kind NOT NULL,
    movable   boolean NOT NULL DEFAULT false,
    near_work boolean NOT NULL DEFAULT false,
    from_on   date,
    until_on  date,
    PRIMARY KEY (client_id, position),
    CONSTRAINT client_unavailable_days CHECK (until_on >= from_on)
);
COMMENT ON TABLE client_unavailable IS 'When a client cannot work. What is collected or talked about is not stored.';
COMMENT ON CONSTRAINT client_unavailable_days ON client_unavailable IS 'unavailable: A last day comes on or after its first day.';

CREATE TABLE client_pause (
    id        uuid PRIMARY KEY DEFAULT uuid_v7(),
    client_id uuid NOT NULL REFERENCES client,
    began_at  timestamptz NOT NULL DEFAULT now(),
    until_on  date NOT NULL,
    ended_at  timestamptz,
    began_by  uuid NOT NULL,
    ended_by  uuid,
    CONSTRAINT client_pause_order CHECK (ended_at >= began_at)
);
CREATE UNIQUE INDEX client_pause_open ON client_pause (client_id) WHERE ended_at IS NULL;
CREATE INDEX client_pause_client ON client_pause (client_id);
COMMENT ON TABLE client_pause IS 'Pauses of each client, the present one without an end; counted by outcome rules that allow breaks.';

-- A client's rows are a specialist's and a lead's of its own team; the tables that hang on it ask
-- client, and so its policy.
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['client', 'client_occupation', 'client_wishes', 'client_constraints',
                             'client_unavailable', 'client_pause'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
        IF t <> 'client' THEN
            EXECUTE format('CREATE POLICY own_team ON %I TO canvass_app USING
                                (EXISTS (SELECT FROM canvass.client c WHERE c.id = client_id))', t);
        END IF;
    END LOOP;
END
$$;
CREATE POLICY own_team ON client TO canvass_app
    USING (team_id = (SELECT canvass.team())
           AND (SELECT canvass.has_role('specialist', 'lead')));

GRANT SELECT, INSERT, UPDATE ON client, client_pause TO canvass_app;
GRANT SELECT, INSERT, DELETE ON client_occupation, client_wishes, client_constraints,
    client_unavailable TO canvass_app;

-- Change audit notes it.
CREATE FUNCTION saw_client(id uuid) RETURNS uuid
LANGUAGE sql IMMUTABLE
RETURN id;
COMMENT ON FUNCTION saw_client(uuid) IS 'This id. That this call answers with something of the client, or changes it, is noted.';

-- In PL/pgSQL, which keeps its plan in the session; a function in SQL that is not inlined is planned
-- at every call, and this one at most of them.
CREATE FUNCTION client_json(c client, whole boolean DEFAULT true) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    answer jsonb := jsonb_build_object(
        'id', saw_client(c.id), 'ref', c.ref, 'initials', c.initials, 'specialist_id', c.specialist_id,
        'specialist', specialist_name(c.specialist_id), 'status', c.status,
        'age_band', c.age_band, 'home_postcode', c.home_postcode, 'entered_on', c.entered_on,
        'paused_until', c.paused_until, 'etag', c.version::text);
BEGIN
    IF whole THEN
        SELECT answer || jsonb_build_object(
               'wishes',
               (SELECT jsonb_build_object(
                       'occupations', (SELECT coalesce(jsonb_agg(jsonb_build_object('soc', o.soc, 'title', t.title, 'weight', o.weight)
                                                                 ORDER BY o.position), '[]')
                                         FROM client_occupation o LEFT JOIN occupation t ON t.code = o.soc
                                        WHERE o.client_id = w.client_id),
                       'sectors', w.sectors, 'hours_tenths', w.hours_tenths,
                       'pay_pence_hour', w.pay_pence_hour, 'trial_first', w.trial_first,
                       'weight_nearness', w.weight_nearness, 'weight_pay', w.weight_pay,
                       'weight_hours', w.weight_hours)
                  FROM client_wishes w WHERE w.client_id = c.id),
               'constraints',
               (SELECT to_jsonb(k) - 'client_id' FROM client_constraints k WHERE k.client_id = c.id),
               'unavailable',
               (SELECT jsonb_agg(jsonb_build_object(
                       'span', u.span, 'kind', u.kind, 'movable', u.movable, 'near_work', u.near_work,
                       'from', u.from_on, 'until', u.until_on) ORDER BY u.position)
                  FROM client_unavailable u WHERE u.client_id = c.id))
          INTO answer;
    END IF;
    RETURN jsonb_strip_nulls(answer);
END
$$;
COMMENT ON FUNCTION client_json(client, boolean) IS
    'A client as message canvass.v1.Client, whole or without wishes, constraints and windows.';

-- One sentence for a client of another team and for one that does not exist.
CREATE FUNCTION client_of(given_id text, given_ref text, id_field text, ref_field text)
RETURNS client
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c client;
BEGIN
    IF coalesce(client_of.given_id, '') <> '' THEN
        SELECT * INTO c FROM client WHERE id = canvass.given_id(client_of.given_id, id_field);
        IF c.ref IS DISTINCT FROM coalesce(upper(tidy(given_ref)), c.ref) THEN
            PERFORM fail('CV003', ref_field, 'The id and the reference are two clients; give one.');
        END IF;
    ELSIF tidy(given_ref) IS NOT NULL THEN
        SELECT * INTO c FROM client WHERE team_id = team() AND ref = upper(tidy(given_ref));
    ELSE
        PERFORM fail('CV003', id_field, 'Say which client, by id or by reference.');
    END IF;
    IF c.id IS NULL THEN
        PERFORM fail('CV005', CASE WHEN coalesce(client_of.given_id, '') <> '' THEN id_field
                                   ELSE ref_field END,
                     'Your team has no such client.');
    END IF;
    PERFORM saw_client(c.id);
    RETURN c;
END
$$;
COMMENT ON FUNCTION client_of(text, text, text, text) IS
    'The client of the caller''s team that a request names by id or reference; CV005 where there is none.';

-- For changing: locked, of the version that the caller read, and not discharged.
CREATE FUNCTION client_to_change(given_id text, field text, etag text) RETURNS client
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c client := client_of(given_id, NULL, field, field);
BEGIN
    SELECT * INTO c FROM client WHERE id = c.id FOR NO KEY UPDATE;
    PERFORM check_etag(etag, c.version, 'client', c.updated_by_name, c.updated_at);
    IF c.status = 'discharged' THEN
        PERFORM fail('CV009', field, '%s was discharged %s; nothing more can be changed.', c.ref,
                     said_when(c.discharged_at));
    END IF;
    RETURN c;
END
$$;

-- The last step of every change: who, when, the next version; the whole client as the answer.
CREATE FUNCTION client_changed(client uuid) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c client;
BEGIN
    UPDATE client u
       SET updated_at = now(), updated_by = actor(), updated_by_name = actor_name(),
           version = u.version + 1
     WHERE u.id = client_changed.client
    RETURNING u.* INTO c;
    RETURN client_json(c);
END
$$;

-- "sw98he" or "SW9 8": a postcode or its sector, as it is written; NULL for what is neither.
CREATE FUNCTION tidy_home(t text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(tidy_postcode(t),
                substring(regexp_replace(upper(btrim(t)), '\s+', ' ')
                          FROM '^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9]$'));
COMMENT ON FUNCTION tidy_home(text) IS 'A postcode or a sector of postcodes; NULL for what is neither.';

CREATE FUNCTION client_home(c client, given text) RETURNS client
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    c.home_postcode := tidy_home(given);
    IF tidy(given) IS NOT NULL AND c.home_postcode IS NULL THEN
        PERFORM fail('CV003', 'client.home_postcode',
                     'Give a postcode, or better its sector alone: SW9 8.');
    END IF;
    SELECT p.easting, p.northing, false
      INTO c.home_easting, c.home_northing, c.home_approximate
      FROM postcode p WHERE p.postcode = c.home_postcode;
    IF c.home_easting IS NULL THEN
        SELECT s.easting, s.northing, true
          INTO c.home_easting, c.home_northing, c.home_approximate
          FROM postcode_sector s
         WHERE s.sector = substring(c.home_postcode FROM '^\S+ [0-9]');
    END IF;
    c.home_approximate := coalesce(c.home_approximate, false);
    RETURN c;
END
$$;
COMMENT ON FUNCTION client_home(client, text) IS
    'A client with this home: the postcode''s point, or the middle of its sector; none where neither is loaded.';

CREATE FUNCTION specialist_of_team(given text, field text) RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    found_id uuid;
BEGIN
    IF coalesce(given, '') = '' THEN
        RETURN NULL;
    END IF;
    SELECT s.id INTO found_id FROM specialist s
     WHERE s.id = given_id(given, field) AND s.team_id = team() AND s.active;
    IF found_id IS NULL THEN
        PERFORM fail('CV003', field, 'Your team has no such specialist.');
    END IF;
    RETURN found_id;
END
$$;

-- The recorder is the specialist where none is named. Wishes, constraints and windows may come in
-- the same message.
CREATE FUNCTION create_client(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m jsonb := coalesce(request -> 'client', '{}');
    c client;
BEGIN
    c := client_home(c, m ->> 'home_postcode');
    c.entered_on := coalesce((m ->> 'entered_on')::date, london_today());
    IF c.entered_on > london_today() THEN
        PERFORM fail('CV003', 'client.entered_on', 'Support cannot begin in the future.');
    END IF;
    INSERT INTO client (id, team_id, ref, initials, specialist_id, age_band, home_postcode,
            home_easting, home_northing, home_approximate, entered_on, updated_by,
            updated_by_name)
        VALUES (chosen_id(m ->> 'id', 'client.id'), team(),
            coalesce(upper(tidy(m ->> 'ref')), ''), upper(tidy(m ->> 'initials')),
            coalesce(specialist_of_team(m ->> 'specialist_id', 'client.specialist_id'), actor()),
            (m ->> 'age_band')::age_band, c.home_postcode, c.home_easting, c.home_northing,
            c.home_approximate, c.entered_on, actor(), actor_name())
        RETURNING * INTO c;
    IF m ? 'wishes' THEN
        PERFORM put_wishes(c.id, m -> 'wishes', 'client.wishes');
    END IF;
    IF m ? 'constraints' THEN
        PERFORM put_constraints(c.id, m -> 'constraints', 'client.constraints');
    END IF;
    IF m ? 'unavailable' THEN
        PERFORM put_unavailable(c.id, m -> 'unavailable', 'client.unavailable');
    END IF;
    RETURN client_json(c);
END
$$;
COMMENT ON FUNCTION create_client(jsonb) IS 'ClientService/CreateClient: the client.';

CREATE FUNCTION update_client(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m jsonb := coalesce(request -> 'client', '{}');
    paths text[] := mask_of(request, 'initials', 'specialist_id', 'age_band', 'home_postcode');
    c client := client_to_change(m ->> 'id', 'client.id', m ->> 'etag');
BEGIN
    IF 'initials' = ANY (paths) THEN
        c.initials := upper(tidy(m ->> 'initials'));
    END IF;
    IF 'specialist_id' = ANY (paths) THEN
        c.specialist_id := specialist_of_team(m ->> 'specialist_id', 'client.specialist_id');
    END IF;
    IF 'age_band' = ANY (paths) THEN
        c.age_band := (m ->> 'age_band')::age_band;
    END IF;
    IF 'home_postcode' = ANY (paths) THEN
        c := client_home(c, m ->> 'home_postcode');
    END IF;
    UPDATE client u
       SET (initials, specialist_id, age_band, home_postcode, home_easting, home_northing,
            home_approximate)
         = (c.initials, c.specialist_id, c.age_band, c.home_postcode, c.home_easting,
            c.home_northing, c.home_approximate)
     WHERE u.id = c.id;
    RETURN client_changed(c.id);
END
$$;
COMMENT ON FUNCTION update_client(jsonb) IS 'ClientService/UpdateClient: the client.';

-- SIC or SOC codes, or their beginnings: digits only, none twice.
CREATE FUNCTION codes_of(list jsonb, digits integer, field text) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    codes text[] := ARRAY(SELECT btrim(jsonb_array_elements_text(
        coalesce(nullif(list, 'null'), '[]'))));
BEGIN
    IF cardinality(codes) > 100 THEN
        PERFORM fail('CV003', field, 'Give at most 100 codes.');
    END IF;
    FOR i IN 1 .. cardinality(codes) LOOP
        IF codes[i] !~ format('^[0-9]{1,%s}$', digits) THEN
            PERFORM fail('CV003', format('%s[%s]', field, i - 1),
                         'A code is 1 to %s digits; "%s" is none.', digits::text,
                         left(codes[i], 20));
        END IF;
    END LOOP;
    RETURN ARRAY(SELECT DISTINCT c FROM unnest(codes) AS c ORDER BY c);
END
$$;

CREATE FUNCTION put_wishes(client uuid, m jsonb, field text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    list jsonb := coalesce(nullif(m -> 'occupations', 'null'), '[]');
    item text;
    code text;
    weight integer;
BEGIN
    DELETE FROM client_occupation o WHERE o.client_id = client;
    DELETE FROM client_wishes w WHERE w.client_id = client;
    IF jsonb_array_length(list) > 50 THEN
        PERFORM fail('CV003', field || '.occupations', 'Give at most 50 occupations.');
    END IF;
    FOR i IN 0 .. jsonb_array_length(list) - 1 LOOP
        item := format('%s.occupations[%s]', field, i);
        code := soc_of(list -> i ->> 'soc', item || '.soc');
        -- Unsaid, a wish lies in the middle.
        weight := coalesce(nullif((list -> i ->> 'weight')::integer, 0), 3);
        IF code IS NULL THEN
            PERFORM fail('CV003', item || '.soc', 'Say which occupation, as a SOC 2020 code.');
        ELSIF weight NOT BETWEEN 1 AND 5 THEN
            PERFORM fail('CV003', item || '.weight',
                         'A weight is 1 (would do) to 5 (wants most).');
        ELSIF EXISTS (SELECT FROM client_occupation o
                       WHERE o.client_id = client AND o.soc = code) THEN
            PERFORM fail('CV003', item || '.soc', '%s (%s) stands here twice.', code,
                         occupation_title(code));
        END IF;
        INSERT INTO client_occupation (client_id, position, soc, weight)
            VALUES (client, i, code, weight);
    END LOOP;
    INSERT INTO client_wishes (client_id, sectors, hours_tenths, pay_pence_hour, trial_first,
            weight_nearness, weight_pay, weight_hours)
        VALUES (client, codes_of(m -> 'sectors', 5, field || '.sectors'),
            coalesce((m ->> 'hours_tenths')::integer, 0),
            coalesce((m ->> 'pay_pence_hour')::integer, 0),
            coalesce((m ->> 'trial_first')::boolean, false),
            (m ->> 'weight_nearness')::integer, (m ->> 'weight_pay')::integer,
            (m ->> 'weight_hours')::integer);
END
$$;

CREATE FUNCTION put_constraints(client uuid, m jsonb, field text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    DELETE FROM client_constraints k WHERE k.client_id = client;
    INSERT INTO client_constraints (client_id, hours_min_tenths, hours_max_tenths,
            pay_min_pence_hour, distance_max_metres, available, travel_minutes, may_drive,
            driving_review_on, may_drive_after, check_clear, check_changes_on, check_clear_after,
            can_start_on, must_not, excluded_sic, excluded_soc)
        VALUES (client, coalesce((m ->> 'hours_min_tenths')::integer, 0),
            coalesce((m ->> 'hours_max_tenths')::integer, 0),
            coalesce((m ->> 'pay_min_pence_hour')::integer, 0),
            coalesce((m ->> 'distance_max_metres')::integer, 0),
            spans_of(m -> 'available', field || '.available'),
            coalesce((m ->> 'travel_minutes')::integer, 0),
            (m ->> 'may_drive')::driving, (m ->> 'driving_review_on')::date,
            (m ->> 'may_drive_after')::driving, (m ->> 'check_clear')::check_level,
            (m ->> 'check_changes_on')::date, (m ->> 'check_clear_after')::check_level,
            (m ->> 'can_start_on')::date, features_of(m -> 'must_not'),
            codes_of(m -> 'excluded_sic', 5, field || '.excluded_sic'),
            codes_of(m -> 'excluded_soc', 4, field || '.excluded_soc'));
END
$$;

CREATE FUNCTION put_unavailable(client uuid, list jsonb, field text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    n integer := coalesce(jsonb_array_length(nullif(list, 'null')), 0);
    item text;
    m jsonb;
BEGIN
    DELETE FROM client_unavailable u WHERE u.client_id = client;
    IF n > 60 THEN
        PERFORM fail('CV003', field, 'Give at most 60 windows.');
    END IF;
    FOR i IN 0 .. n - 1 LOOP
        item := format('%s[%s]', field, i);
        m := list -> i;
        IF m ->> 'kind' IS NULL THEN
            PERFORM fail('CV003', item || '.kind',
                         'Say which kind: pickup, appointment, caring or other.');
        ELSIF (m ->> 'until')::date < (m ->> 'from')::date THEN
            PERFORM fail('CV003', item || '.until', 'The last day comes before the first.');
        END IF;
        INSERT INTO client_unavailable (client_id, position, span, kind, movable, near_work,
                from_on, until_on)
            VALUES (client, i, span_of(coalesce(m -> 'span', '{}'), item || '.span'),
                (m ->> 'kind')::unavailable_kind, coalesce((m ->> 'movable')::boolean, false),
                coalesce((m ->> 'near_work')::boolean, false), (m ->> 'from')::date,
                (m ->> 'until')::date);
    END LOOP;
END
$$;

CREATE FUNCTION set_wishes(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c client := client_to_change(request ->> 'client_id', 'client_id', request ->> 'etag');
BEGIN
    PERFORM put_wishes(c.id, coalesce(request -> 'wishes', '{}'), 'wishes');
    RETURN client_changed(c.id);
END
$$;
COMMENT ON FUNCTION set_wishes(jsonb) IS 'ClientService/SetWishes: the client.';

CREATE FUNCTION set_constraints(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c client := client_to_change(request ->> 'client_id', 'client_id', request ->> 'etag');
BEGIN
    PERFORM put_constraints(c.id, coalesce(request -> 'constraints', '{}'), 'constraints');
    RETURN client_changed(c.id);
END
$$;
COMMENT ON FUNCTION set_constraints(jsonb) IS 'ClientService/SetConstraints: the client.';

CREATE FUNCTION set_unavailable(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c client := client_to_change(request ->> 'client_id', 'client_id', request ->> 'etag');
BEGIN
    PERFORM put_unavailable(c.id, request -> 'unavailable', 'unavailable');
    RETURN client_changed(c.id);
END
$$;
COMMENT ON FUNCTION set_unavailable(jsonb) IS 'ClientService/SetUnavailable: the client.';

-- A pause of a paused client is a new one with another re-ask date.
CREATE FUNCTION pause_client(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c client := client_to_change(request ->> 'client_id', 'client_id', request ->> 'etag');
    until_on date := (request ->> 'until')::date;
BEGIN
    IF until_on IS NULL THEN
        PERFORM fail('CV003', 'until', 'Say on which day to ask again.');
    ELSIF until_on <= london_today() THEN
        PERFORM fail('CV003', 'until', 'The day to ask again lies in the future; %s does not.',
                     said_date(until_on));
    ELSIF until_on > london_today() + 400 THEN
        PERFORM fail('CV003', 'until', 'Ask again within 400 days.');
    END IF;
    UPDATE client_pause p SET ended_at = now(), ended_by = actor()
     WHERE p.client_id = c.id AND p.ended_at IS NULL;
    INSERT INTO client_pause (client_id, until_on, began_by) VALUES (c.id, until_on, actor());
    UPDATE client u SET status = 'paused', paused_until = until_on WHERE u.id = c.id;
    RETURN client_changed(c.id);
END
$$;
COMMENT ON FUNCTION pause_client(jsonb) IS 'ClientService/PauseClient: the client.';

CREATE FUNCTION resume_client(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c client := client_to_change(request ->> 'client_id', 'client_id', request ->> 'etag');
BEGIN
    IF c.status <> 'paused' THEN
        PERFORM fail('CV009', 'client_id', '%s is not paused.', c.ref);
    END IF;
    UPDATE client_pause p SET ended_at = now(), ended_by = actor()
     WHERE p.client_id = c.id AND p.ended_at IS NULL;
    UPDATE client u SET status = 'active', paused_until = NULL WHERE u.id = c.id;
    RETURN client_changed(c.id);
END
$$;
COMMENT ON FUNCTION resume_client(jsonb) IS 'ClientService/ResumeClient: the client.';

-- Where journeys begin, initials, age band, wishes, constraints and windows go: they served the
-- search for a job. The reference, the days and the visits stay: the log keeps its counts.
CREATE FUNCTION discharge_client(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c client := client_to_change(request ->> 'client_id', 'client_id', request ->> 'etag');
BEGIN
    IF request ->> 'reason' IS NULL THEN
        PERFORM fail('CV003', 'reason',
                     'Say why: in work, own wish, moved, no contact or other.');
    END IF;
    UPDATE client_pause p SET ended_at = now(), ended_by = actor()
     WHERE p.client_id = c.id AND p.ended_at IS NULL;
    DELETE FROM client_occupation o WHERE o.client_id = c.id;
    DELETE FROM client_wishes w WHERE w.client_id = c.id;
    DELETE FROM client_constraints k WHERE k.client_id = c.id;
    DELETE FROM client_unavailable n WHERE n.client_id = c.id;
    UPDATE client u
       SET status = 'discharged', discharged_at = now(), paused_until = NULL,
           discharge_reason = (request ->> 'reason')::discharge_reason,
           initials = NULL, age_band = NULL, home_postcode = NULL, home_easting = NULL,
           home_northing = NULL, home_approximate = false
     WHERE u.id = c.id;
    RETURN client_changed(c.id);
END
$$;
COMMENT ON FUNCTION discharge_client(jsonb) IS 'ClientService/DischargeClient: the client.';

GRANT EXECUTE ON FUNCTION is_nhs_number(text), saw_client(uuid), client_json(client, boolean), client_of(text, text, text, text),
    client_to_change(text, text, text), client_changed(uuid), tidy_home(text),
    client_home(client, text), specialist_of_team(text, text), create_client(jsonb),
    update_client(jsonb), codes_of(jsonb, integer, text), put_wishes(uuid, jsonb, text),
    put_constraints(uuid, jsonb, text), put_unavailable(uuid, jsonb, text), set_wishes(jsonb),
    set_constraints(jsonb), set_unavailable(jsonb), pause_client(jsonb), resume_client(jsonb),
    discharge_client(jsonb) TO canvass_app;

COMMIT;
