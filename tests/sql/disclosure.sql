-- What an employer may know of a client: agreements, the card, and that nothing is said without one.
BEGIN;
\ir support/network.sql
\ir support/undo.sql
SELECT plan(50);

CREATE FUNCTION net.set(more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT format('set_disclosure(%L)', jsonb_build_object('disclosure', jsonb_build_object('client_ref', 'LB-014',
        'employer_id', 'e0000000-0000-7000-8000-000000000001') || more))
$$;
CREATE FUNCTION net.pair(fn text, more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT format('%s(%L)', fn, jsonb_build_object('client_ref', 'LB-014', 'employer_id', 'e0000000-0000-7000-8000-000000000001') || more)
$$;
CREATE FUNCTION net.card(who text DEFAULT 'amira', more jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT net.called(who, net.pair('get_card', more))
$$;

-- No agreement.
SELECT is(net.card() ->> 'level', 'nothing', 'without an agreement an employer may know nothing');
SELECT is(net.card() ->> 'may_call', 'false', 'and nobody calls');
SELECT is(net.card() ->> 'who', NULL, 'whoever they are');
SELECT is(net.card() ->> 'service', 'Employment Support', 'the service has a neutral name');
SELECT ok(jsonb_array_length(net.card() -> 'say') > 0 AND jsonb_array_length(net.card() -> 'dont_say') > 0, 'the card says what to say and what not to');
SELECT is(refused('bola', net.pair('get_card')), 'CV005 client_ref: Your team has no such client.', 'another team has no card of this client');
SELECT is(refused('bola', net.pair('get_card', '{"client_ref": "ZZ-9"}')), 'CV005 client_ref: Your team has no such client.', 'nor of one that nobody has');
SELECT is(refused('amira', net.pair('get_card', '{"employer_id": "e0000000-0000-7000-8000-0000000000ff"}')), 'CV005 employer_id: There is no such employer.', 'an unknown employer');
SELECT is(called('bola', $$disclosure_card('c0000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001')$$) - 'service',
    called('bola', $$disclosure_card('c0000000-0000-7000-8000-0000000000ff', 'e0000000-0000-7000-8000-000000000001')$$) - 'service', 'asked directly: as for a client who is not there');

-- What is refused.
SELECT matches(refused('amira', net.set()), '^CV003 disclosure.level: Say what this employer may know', 'a level is said');
SELECT matches(refused('amira', net.set(jsonb_build_object('level', level))), '^23514 disclosure.wording: Write down the words', level || ' needs the words')
  FROM unnest(ARRAY['partial', 'full']) AS level;
SELECT matches(refused('amira', net.set('{"level": "may_call", "wording": "LB-014 starts soon"}')), '^CV003 disclosure.wording: Leave LB-014 out', 'the words name no client');
SELECT matches(refused('amira', net.set(jsonb_build_object('level', 'full', 'wording', repeat('x', 501)))), '^23514 disclosure.wording: Keep the agreed words', 'and are few');
SELECT matches(refused('amira', net.set(jsonb_build_object('level', 'may_call', 'agreed_on', london_today() + 1))), '^CV003 disclosure.agreed_on: .* lies in the future', 'nobody agreed tomorrow');
SELECT matches(refused('amira', net.set(jsonb_build_object('level', 'may_call', 'agreed_on', london_today() - 401))), '^CV003 disclosure.agreed_on: .* more than 400 days ago', 'nor long ago');
SELECT is(refused('bola', net.set('{"level": "may_call"}')), 'CV005 disclosure.client_ref: Your team has no such client.', 'another team agrees nothing for the client');
SELECT matches(refused('amira', net.pair('withdraw_disclosure')), '^CV009 employer_id: Nothing was agreed', 'nothing stands that could be taken back');
SELECT is(tried('adam', 'INSERT INTO disclosure SELECT d.* FROM disclosure d') , '0 rows', 'an administrator sees none');

-- From least to most; each ends the one before.
SELECT net.request(1);
SELECT called('amira', net.set('{"level": "may_call", "wording": "I help with the first weeks"}')) AS answer \gset
SELECT is((:'answer')::jsonb #>> '{disclosure,level}', 'may_call', 'an agreement');
SELECT is((:'answer')::jsonb #>> '{disclosure,agreed_on}', london_today()::text, 'of today');
SELECT is((:'answer')::jsonb #>> '{card,who}', 'Amira Shah', 'the client''s specialist may call');
SELECT is((:'answer')::jsonb #>> '{card,say,0}', 'In these words: "I help with the first weeks"', 'in the agreed words');
SELECT matches((:'answer')::jsonb #>> '{card,dont_say,0}', 'health', 'without a word of health');
SELECT is((:'answer')::jsonb -> 'warnings', '[]', 'which tell nothing');
SELECT is(called('lena', net.pair('get_card')) -> 'say', (:'answer')::jsonb #> '{card,say}', 'a colleague of the team reads the same card');
SELECT net.request(2);
SELECT called('amira', net.set('{"level": "partial", "wording": "comes from a clinic on Mondays"}')) AS answer \gset
SELECT matches((:'answer')::jsonb #>> '{warnings,0}', 'clinic', 'words that can tell are warned of below full');
SELECT is((SELECT count(*) FROM disclosure WHERE ended_at IS NULL), 1::bigint, 'one agreement stands');
SELECT is((SELECT array_agg(withdrawn) FROM disclosure WHERE ended_at IS NOT NULL), '{f}', 'the other ended, and was not withdrawn');
SELECT called('amira', net.set('{"level": "full", "wording": "is in recovery and doing well"}')) AS answer \gset
SELECT is((:'answer')::jsonb -> 'warnings', '[]', 'what the client wants known in full is not warned of');
SELECT is((:'answer')::jsonb #>> '{card,level}', 'full', 'the card says so');

-- Before a contact.
SELECT is(called('amira', $$check_door('{"employer_id": "e0000000-0000-7000-8000-000000000001", "client_ref": "LB-014"}')$$) #>> '{card,level}', 'full', 'at the door');
SELECT is(called('amira', $$check_door('{"employer_id": "e0000000-0000-7000-8000-000000000001"}')$$) -> 'card', NULL, 'for nobody in particular there is no card');
SELECT is(refused('bola', $$check_door('{"employer_id": "e0000000-0000-7000-8000-000000000001", "client_ref": "LB-014"}')$$), 'CV005 client_ref: Your team has no such client.', 'nor for somebody else''s client');
CREATE FUNCTION net.plan(more jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('plan_visit_guarded(%L)', jsonb_build_object('plan', jsonb_build_object('employer_id', 'e0000000-0000-7000-8000-000000000001',
        'at', london_midnight(london_today() + 3)) || more))
$$;
SELECT is(called('amira', net.plan('{"client_ref": "LB-014"}')) #>> '{card,level}', 'full', 'in the answer to a plan');
SELECT is(called('amira', net.plan('{}')) -> 'card', NULL, 'for a client alone');

-- Two that stand, as after a merge: what tells less counts.
INSERT INTO disclosure (team_id, client_id, employer_id, level, agreed_on, recorded_by, recorded_by_name)
    VALUES ('a0000000-0000-7000-8000-000000000001', 'c0000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000002', 'nothing', london_today(),
            'b0000000-0000-7000-8000-000000000001', 'net');
SELECT is(net.card('amira', '{"employer_id": "e0000000-0000-7000-8000-000000000002"}') ->> 'level', 'nothing', 'a client can agree to nothing, too');
SELECT net.request(3);
SELECT is(refused('amira', $$merge_employers('{"keep_id": "e0000000-0000-7000-8000-000000000001", "merge_id": "e0000000-0000-7000-8000-000000000002"}')$$), NULL, 'the employers are one');
SELECT is(net.card() ->> 'level', 'nothing', 'the agreement that tells less counts');
SELECT is(net.card('amira', '{"employer_id": "e0000000-0000-7000-8000-000000000002"}') ->> 'employer', 'Stockwell Tool Hire', 'by the old id, too');
SELECT matches(net.undo('amira', 3), '^Amira Shah merged', 'taken apart again');
SELECT is(net.card() ->> 'level', 'full', 'the one that told more holds at its own employer');

-- The list, withdrawing, undo.
SELECT is(rows_of('amira', 'SELECT FROM disclosure'), 4::bigint, 'all of it is kept');
SELECT is(rows_of('bola', 'SELECT FROM disclosure') + rows_of('sam', 'SELECT FROM standing_disclosure'), 0::bigint, 'and is the team''s alone');
SELECT net.request(4);
SELECT is(called('amira', net.pair('withdraw_disclosure')) #>> '{card,level}', 'nothing', 'a word can be taken back');
SELECT is((SELECT array_agg(withdrawn) FROM disclosure WHERE level = 'full'), '{t}', 'which is noted');
SELECT matches(net.undo('amira', 4), '^Amira Shah ended what Stockwell Tool Hire may know', 'history says so, and undo takes it back');
SELECT is(net.card() ->> 'level', 'full', 'as it was');
UPDATE client SET status = 'discharged', discharged_at = now(), initials = NULL, age_band = NULL, home_postcode = NULL, home_easting = NULL, home_northing = NULL WHERE ref = 'LB-014';
SELECT matches(refused('amira', net.set('{"level": "nothing"}')), '^CV009 disclosure.client_id: LB-014 was discharged', 'after support ended nothing new is agreed');
SELECT is(called('amira', net.pair('withdraw_disclosure')) #>> '{disclosure,withdrawn}', 'true', 'but a word can still be taken back');

SELECT * FROM finish();
ROLLBACK;
