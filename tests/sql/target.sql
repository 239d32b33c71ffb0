-- Whom to canvass next with a client in mind (DOMAIN.md section 1, items 16 and 17; section 7,
-- features 1 and 10).
BEGIN;
\ir support/network.sql
SELECT plan(20);

-- An employer so many metres east of LB-014's home.
CREATE FUNCTION net.place(n integer, name text, sic text, metres integer) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO employer (id, name, sic) VALUES (format('e0000000-0000-7000-8000-0000000001%s', n)::uuid, name, sic);
    INSERT INTO site (employer_id, easting, northing, borough_id, words)
    VALUES (format('e0000000-0000-7000-8000-0000000001%s', n)::uuid, 530800 + metres, 175900, 'E09000022', '');
$$;
CREATE FUNCTION net.e(n integer) RETURNS uuid LANGUAGE sql AS
    $$ SELECT format('e0000000-0000-7000-8000-0000000001%s', n)::uuid $$;
CREATE FUNCTION net.targets(more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(t ->> 'employer', ', ' ORDER BY ord)
      FROM jsonb_array_elements(net.called('amira', format('suggest_targets(%L)', jsonb_build_object('ref', 'LB-014') || more)) -> 'targets')
           WITH ORDINALITY AS x (t, ord)
$$;
CREATE FUNCTION net.target(n text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT t FROM jsonb_array_elements(net.called('amira', 'suggest_targets(''{"ref": "LB-014"}'')') -> 'targets') AS t
     WHERE t ->> 'employer' = n
$$;
DELETE FROM site; DELETE FROM employer;
SELECT net.place(10, 'Near', '56102', 500), net.place(11, 'Far', '56102', 6000),
       net.place(12, 'Beyond', '56102', 12000), net.place(13, 'Builder', '41202', 400);

SELECT is(targets(), 'Builder, Near, Far', 'without wishes the nearest first, and none beyond reach');
SELECT ok(called('amira', 'suggest_targets(''{"ref": "LB-014"}'')') -> 'notes' ? 'No occupation or sector is wished for: this is who is near and known.', 'and it is said');
INSERT INTO client_wishes (client_id, sectors) VALUES ('c0000000-0000-7000-8000-000000000001', '{56}');
SELECT is(targets(), 'Near, Far, Builder', 'a wished sector counts more than a few kilometres');
INSERT INTO client_constraints (client_id, excluded_sic) VALUES ('c0000000-0000-7000-8000-000000000001', '{41}');
SELECT is(targets(), 'Near, Far', 'an industry that the client rules out is left out');
UPDATE client_constraints SET distance_max_metres = 1000;
SELECT is(targets(), 'Near', 'the client''s own distance is a limit');
UPDATE client_constraints SET distance_max_metres = 0;

INSERT INTO opening (employer_id, borough_id, title, soc, hours_min_tenths, hours_max_tenths, created_by_name, updated_by_name)
VALUES (net.e(10), 'E09000022', 'Kitchen assistant', '9263', 160, 160, 'x', 'x');
SELECT is(targets(), 'Far', 'a live opening is matched, not canvassed');
UPDATE opening SET closed_at = now(), closed_reason = 'filled';
INSERT INTO client_occupation (client_id, position, soc, weight) VALUES ('c0000000-0000-7000-8000-000000000001', 1, '9263', 5);
SELECT is(net.target('Near') #>> '{reasons,0,sentence}', 'Had an opening like it: Kitchen assistant', 'an opening of before is a reason');
SELECT matches(net.target('Near') ->> 'purpose', '^Introduce yourself and learn the business.*, with one role in mind: ', 'the first visit is to learn (three cups of tea)');
SELECT is(said_metres(999), '999 m', 'a distance in words');
SELECT is(said_metres(1301), '1.4 km', 'is never shorter than it is');
SELECT ok(net.target('Near') -> 'reasons' @> '[{"sentence": "500 m in a straight line"}]', 'and said of each');
SELECT ok(net.target('Near')::text !~ 'LB-014', 'no line names the client');

INSERT INTO relationship (employer_id, borough_id, stance, updated_by_name) VALUES (net.e(11), 'E09000022', 'ambivalent', 'x');
SELECT matches(net.target('Far') ->> 'purpose', '^Come back and suggest a work trial', 'the employer who hesitates is told of a trial');
SELECT matches(net.target('Far') ->> 'suggestion', 'at most 30 days', 'with the lawful kind and its limit (DOMAIN.md section 2)');
UPDATE relationship SET stance = 'declined';
SELECT is(targets(), 'Near', 'who declined is left in peace');
UPDATE relationship SET stance = 'warm', next_touch_at = now();
SELECT is(net.target('Far') #>> '{reasons,1,sentence}', 'The next touch is due today', 'a touch that is due');

INSERT INTO visit (employer_id, borough_id, team_id, specialist_id, recorded_by, at, mode, generic, cup)
SELECT e, s.borough_id, s.team_id, s.id, s.id, now() - interval '3 days', 'in_person', true, 1
  FROM specialist s, unnest(ARRAY[net.e(10), net.e(11)]) AS e WHERE s.id = 'b0000000-0000-7000-8000-000000000004';
SELECT is(targets(), 'Far', 'whom another borough saw lately is left out, unless a touch is due (door-knock guard)');
SELECT ok(called('amira', 'suggest_targets(''{"ref": "LB-014"}'')') -> 'notes' ? '1 employer was left in peace: somebody of the network was there within 28 days.', 'and counted');
SELECT is(refused('bola', 'suggest_targets(''{"ref": "LB-014"}'')'), 'CV005 ref: Your team has no such client.', 'another team''s client is none');
SELECT is(refused('amira', 'suggest_targets(''{"ref": "LB-014", "count": 101}'')'), 'CV003 count: Give a number from 1 to 100, or 0.', 'too many');

SELECT * FROM finish();
ROLLBACK;
