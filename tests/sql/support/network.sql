-- People, employers and clients of two boroughs, for tests of what hangs on them. Read inside the
-- test's transaction; everything goes with it.
--
--   called(who, sql)  runs one expression as that person, through the application's role and behind
--                     its policies, and gives its value as jsonb
--   refused(who, sql) the same, but gives the error instead: 'CV003 visit.at: Sentence.', or the
--                     comment of the constraint that was broken; NULL where there was none
--   tried(who, sql)   runs a statement that changes rows: the error as above, or how many it changed
--   rows_of(who, sql) how many rows a query shows to that person
--
-- who: amira and lena (lead) of Lambeth's north team, bola of Lambeth's south team, sam of
-- Southwark, adam an administrator, audit an auditor, nobody.

CREATE SCHEMA IF NOT EXISTS net;
SET LOCAL search_path = net, canvass, public, pg_temp;
SET LOCAL TimeZone = 'UTC';
SET LOCAL client_min_messages = warning;

INSERT INTO team (id, borough_id, name) VALUES
    ('a0000000-0000-7000-8000-000000000001', 'E09000022', 'Lambeth north (net)'),
    ('a0000000-0000-7000-8000-000000000002', 'E09000022', 'Lambeth south (net)'),
    ('a0000000-0000-7000-8000-000000000003', 'E09000028', 'Southwark (net)');
INSERT INTO specialist (id, name, email, team_id, borough_id, roles)
SELECT ('b0000000-0000-7000-8000-00000000000' || n)::uuid, name, lower(split_part(name, ' ', 1)) || '@net.example',
       ('a0000000-0000-7000-8000-00000000000' || team)::uuid, borough_id, roles::role[]
  FROM (VALUES (1, 'Amira Shah', 1, 'E09000022', '{specialist}'),
               (2, 'Lena Ofori', 1, 'E09000022', '{specialist,lead}'),
               (3, 'Bola Adeyemi', 2, 'E09000022', '{specialist,lead}'),
               (4, 'Sam Reid', 3, 'E09000028', '{specialist,lead}'),
               (5, 'Adam Cole', 1, 'E09000022', '{administrator}'),
               (6, 'Audit Lane', 1, 'E09000022', '{auditor}')) AS p (n, name, team, borough_id, roles);

CREATE FUNCTION net.call_as(who text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    s specialist;
BEGIN
    SELECT * INTO s FROM specialist WHERE email = who || '@net.example';
    PERFORM set_config('canvass.actor', coalesce(s.id::text, ''), true),
            set_config('canvass.team', coalesce(s.team_id::text, ''), true),
            set_config('canvass.borough', coalesce(s.borough_id, ''), true),
            set_config('canvass.roles', coalesce(s.roles::text, ''), true);
    SET LOCAL ROLE canvass_app;
    SET LOCAL search_path = canvass, pg_temp;
END
$$;
CREATE FUNCTION net.leave() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RESET ROLE;
    SET LOCAL search_path = net, canvass, public, pg_temp;
    PERFORM set_config('canvass.actor', '', true), set_config('canvass.team', '', true),
            set_config('canvass.borough', '', true), set_config('canvass.roles', '', true);
END
$$;
GRANT USAGE ON SCHEMA net TO canvass_app;

CREATE FUNCTION net.called(who text, expression text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    answer jsonb;
BEGIN
    PERFORM net.call_as(who);
    EXECUTE 'SELECT to_jsonb(' || expression || ')' INTO answer;
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS canvass.visit_in_mind, canvass.change_forget DEFERRED;
    PERFORM net.leave();
    RETURN answer;
END
$$;

CREATE FUNCTION net.tried(who text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text;
    sentence text;
    field text;
    broken text;
    said text;
    n bigint;
BEGIN
    BEGIN
        PERFORM net.call_as(who);
        EXECUTE statement;
        GET DIAGNOSTICS n = ROW_COUNT;
        SET CONSTRAINTS ALL IMMEDIATE;
        SET CONSTRAINTS canvass.visit_in_mind, canvass.change_forget DEFERRED;
        PERFORM net.leave();
        RETURN n || ' rows';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, sentence = MESSAGE_TEXT,
            field = COLUMN_NAME, broken = CONSTRAINT_NAME;
    END;
    SELECT obj_description(c.oid, 'pg_constraint') INTO said FROM pg_constraint c
     WHERE c.conname = broken AND c.connamespace = 'canvass'::regnamespace
     ORDER BY 1 LIMIT 1;
    RETURN state || ' ' || coalesce(said, CASE WHEN field <> '' THEN field || ': ' ELSE '' END
                                          || sentence);
END
$$;

CREATE FUNCTION net.refused(who text, expression text) RETURNS text LANGUAGE sql AS $$
    SELECT nullif(net.tried(who, 'SELECT ' || expression), '1 rows')
$$;

CREATE FUNCTION net.rows_of(who text, query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    PERFORM net.call_as(who);
    EXECUTE 'SELECT count(*) FROM (' || query || ') AS q' INTO n;
    PERFORM net.leave();
    RETURN n;
END
$$;

-- A moment in London: '2026-10-25 00:30'.
CREATE FUNCTION net.london(t text) RETURNS timestamptz LANGUAGE sql AS
    $$ SELECT t::timestamp AT TIME ZONE 'Europe/London' $$;

INSERT INTO employer (id, name, sic) VALUES
    ('e0000000-0000-7000-8000-000000000001', 'Stockwell Tool Hire', '77320'),
    ('e0000000-0000-7000-8000-000000000002', 'Peckham Bakery', '10710');
INSERT INTO postcode (postcode, easting, northing, borough_id) VALUES
    ('SW9 8HE', 530800, 175900, 'E09000022'), ('SE15 4ST', 534200, 176300, 'E09000028')
    ON CONFLICT (postcode) DO UPDATE SET easting = excluded.easting, northing = excluded.northing;
INSERT INTO postcode_sector (sector, easting, northing, borough_id, units) VALUES
    ('SW9 8', 530850, 175950, 'E09000022', 1)
    ON CONFLICT (sector) DO UPDATE SET easting = excluded.easting, northing = excluded.northing;
INSERT INTO site (id, employer_id, address, postcode, easting, northing, borough_id, words) VALUES
    ('50000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001',
     '{1 Clapham Road}', 'SW9 8HE', 530800, 175900, 'E09000022', ' stockwell tool hire'),
    ('50000000-0000-7000-8000-000000000002', 'e0000000-0000-7000-8000-000000000002',
     '{2 Rye Lane}', 'SE15 4ST', 534200, 176300, 'E09000028', ' peckham bakery');

INSERT INTO client (id, team_id, ref, initials, specialist_id, age_band, home_postcode,
                    home_easting, home_northing, entered_on, updated_by_name)
SELECT ('c0000000-0000-7000-8000-00000000000' || n)::uuid,
       ('a0000000-0000-7000-8000-00000000000' || team)::uuid, ref, initials,
       ('b0000000-0000-7000-8000-00000000000' || person)::uuid, '21_and_over', 'SW9 8HE',
       530800, 175900, '2026-01-05', 'net'
  FROM (VALUES (1, 1, 'LB-014', 'AB', 1), (2, 1, 'LB-015', 'CD', 2), (3, 2, 'LS-201', 'EF', 3),
               (4, 3, 'SK-301', 'GH', 4)) AS c (n, team, ref, initials, person);
