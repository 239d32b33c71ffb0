-- Who calls, and who may add whom (DESIGN.md section 5; RELIABILITY.md finding 4 and (c) 9).
BEGIN;
SELECT no_plan();
SET LOCAL search_path = canvass, public, pg_temp;

-- Every table is closed, whoever made it.
SELECT is_empty($$ SELECT relname FROM pg_class
                    WHERE relnamespace = 'canvass'::regnamespace AND relkind IN ('r', 'p')
                      AND NOT (relrowsecurity AND relforcerowsecurity) $$,
                'every table has row-level security, for its owner too');
SELECT is_empty($$ SELECT relname FROM pg_class
                    WHERE relnamespace = 'canvass'::regnamespace AND relowner <> 'canvass_owner'::regrole
                      AND relkind IN ('r', 'v', 'S', 'm', 'p') $$,
                'canvass_owner owns every table');
SELECT is_empty($$ SELECT relname FROM pg_class
                    WHERE relnamespace = 'canvass'::regnamespace AND relkind = 'v'
                      AND NOT coalesce(reloptions::text LIKE '%security_invoker=%', false)
                      AND has_table_privilege('canvass_app', oid, 'SELECT')
                      AND pg_get_viewdef(oid) NOT LIKE '%actor() IS NULL%' $$,
                'every view shows its reader''s rows, or is empty for whoever calls');
SELECT is_empty($$ SELECT p.oid::regprocedure FROM pg_proc p
                    WHERE p.pronamespace = 'canvass'::regnamespace AND p.prosecdef
                      AND NOT coalesce(p.proconfig::text LIKE '%search_path=canvass, pg_temp%', false) $$,
                'every function that runs as its owner fixes its search path');
SELECT is_empty($$ SELECT relname FROM pg_class
                    WHERE relnamespace = 'canvass'::regnamespace AND relkind = 'r'
                      AND obj_description(oid, 'pg_class') IS NULL $$,
                'every table says what it is for');
SELECT is_empty($$ SELECT relname FROM pg_class, aclexplode(relacl) a
                    WHERE relnamespace = 'canvass'::regnamespace AND a.grantee = 'canvass_app'::regrole
                      AND a.privilege_type IN ('DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER')
                      AND relname IN ('borough', 'team', 'specialist', 'token', 'request', 'employer',
                                      'site', 'employer_ref', 'contact', 'objection', 'relationship') $$,
                'the application deletes nothing of the registry');
SELECT is((SELECT count(*) FROM borough), 33::bigint, '33 boroughs');
SELECT is((SELECT name FROM borough WHERE id = 'E09000022'), 'Lambeth', 'GSS codes as published');

SET LOCAL ROLE canvass_app;

-- Nobody sees nothing.
SELECT is((SELECT count(*) FROM borough) + (SELECT count(*) FROM team) + (SELECT count(*) FROM specialist)
          + (SELECT count(id) FROM token) + (SELECT count(*) FROM employer) + (SELECT count(*) FROM postcode),
          0::bigint, 'without a caller every table is empty');
SELECT set_config('canvass.actor', '', true);
SELECT is((SELECT count(*) FROM borough), 0::bigint, 'an empty setting is nobody');

SELECT is(tests.error($$ SELECT enter(tests.token('mallory'), '{anyone}', 'x') $$),
          'CV016 This token or certificate is not valid: it is unknown, has expired or was revoked. Log in again.',
          'an unknown token is refused');
SELECT is(tests.error($$ SELECT enter(NULL, '{anyone}', 'x') $$) LIKE 'CV016%', true, 'no token is refused');
SELECT is(tests.error($$ SELECT enter(tests.token('amira'), '{administrator}', 'x') $$),
          'CV007 This is for the role administrator; yours: specialist.', 'the wrong role is refused');
SELECT is(tests.error($$ SELECT enter(tests.token('lea'), '{administrator,lead}', 'x') $$), 'no error',
          'one of the roles is enough');
SELECT is((SELECT name FROM specialist WHERE id = actor()), 'Lea Osei', 'enter() names the caller');
SELECT is(borough(), 'E09000022', 'and the borough');
SELECT ok(canvass.has_role('lead'::role) AND NOT canvass.has_role('administrator'::role, 'auditor'::role), 'and the roles');

RESET ROLE;
UPDATE token SET revoked_at = now() WHERE specialist_id = tests.id('ben');
UPDATE token SET created_at = now() - interval '2 days', expires_at = now() - interval '1 second' WHERE specialist_id = tests.id('cara');
UPDATE specialist SET active = false WHERE id = tests.id('audrey');
SET LOCAL ROLE canvass_app;
SELECT is(left(tests.error($$ SELECT tests.be('ben') $$), 5), 'CV016', 'a revoked token is refused');
SELECT is(left(tests.error($$ SELECT tests.be('cara') $$), 5), 'CV016', 'an expired token is refused');
SELECT is(left(tests.error($$ SELECT tests.be('audrey') $$), 5), 'CV016', 'somebody who left is refused');

-- Who sees whom.
SELECT tests.be('amira');
SELECT results_eq($$ SELECT name FROM specialist ORDER BY name $$,
                  $$ VALUES ('Amira Shah'), ('Ben Ward'), ('Lea Osei') $$, 'specialists see their borough''s people');
SELECT is(specialist_name((SELECT tests.id('cara'))), 'Cara Jones', 'the name of a colleague elsewhere can be read');
SELECT is((SELECT count(id) FROM token), 1::bigint, 'own tokens alone');
SELECT throws_ok($$ SELECT hash FROM token $$, '42501', NULL, 'the hash of a token is not readable');
SELECT throws_ok($$ SELECT 1 FROM request $$, '42501', NULL, 'kept answers are not readable');
SELECT throws_ok($$ SELECT bootstrap('E09000001', 't', 'n', 'e@e.example', '{administrator}', tests.token('m'), 'l') $$,
                 '42501', NULL, 'the application cannot make the first administrator');
SELECT ok(NOT pg_has_role('canvass_app', 'canvass_owner', 'MEMBER'), 'nor become the owner');
SELECT tests.be('adam');
SELECT is((SELECT count(*) FROM specialist), 6::bigint, 'administrators see everybody');
SELECT is((SELECT count(*) FROM contact) + (SELECT count(*) FROM relationship), 0::bigint,
          'administrators see no contact and no relationship');

-- Who adds whom.
SELECT is(tests.error($$ SELECT create_team('{"team": {"borough_id": "E09000099", "name": "X"}}') $$),
          '23503 team.borough_id: No borough has this code; London''s are E09000001 to E09000033.', 'a team needs a borough');
SELECT is(tests.error($$ SELECT create_team('{"team": {"borough_id": "E09000022", "name": " "}}') $$),
          '23514 team.name: Give the team a name of 1 to 100 characters.', 'and a name');
SELECT is(tests.error($$ SELECT create_team('{"team": {"borough_id": "E09000022", "name": "Lambeth North"}}') $$),
          '23505 team.name: This borough has a team of that name already.', 'of its own');
SELECT is(create_team('{"team": {"borough_id": "E09000005", "name": " Brent "}}') #>> '{team,borough}', 'Brent',
          'administrators add teams anywhere');
SELECT is(create_specialist(jsonb_build_object('specialist', jsonb_build_object(
              'name', 'Dan', 'email', 'dan@trust.example', 'roles', '["lead", "specialist", "lead"]'::jsonb,
              'team_id', (SELECT id FROM team WHERE name = 'Brent')))) #> '{specialist,roles}',
          '["specialist", "lead"]'::jsonb, 'administrators add people anywhere');
SELECT is(tests.error($$ SELECT create_specialist(jsonb_build_object('specialist', jsonb_build_object(
              'name', 'Dan', 'email', 'DAN@trust.example', 'roles', '["lead"]'::jsonb,
              'team_id', (SELECT id FROM team WHERE name = 'Brent')))) $$),
          '23505 specialist.email: Somebody has this address already.', 'an address belongs to one person');
SELECT is(tests.error($$ SELECT create_specialist(jsonb_build_object('specialist', jsonb_build_object(
              'name', 'Dan', 'email', 'dan at trust', 'roles', '["lead"]'::jsonb,
              'team_id', (SELECT id FROM team WHERE name = 'Brent')))) $$),
          '23514 specialist.email: Give a work address like amira@trust.example.', 'and looks like one');
SELECT is(tests.error($$ SELECT create_specialist(jsonb_build_object('specialist', jsonb_build_object(
              'name', 'Dan', 'email', 'dan2@trust.example',
              'team_id', (SELECT id FROM team WHERE name = 'Brent')))) $$),
          '23514 specialist.roles: Give at least one role.', 'a person has a role');
SELECT is(tests.error($$ SELECT create_specialist('{"specialist": {"team_id": "nonsense"}}') $$),
          'CV003 specialist.team_id: "nonsense" is not an id; ids are UUIDs.', 'an id that is none is named');

SELECT tests.be('lea');
SELECT is(create_specialist(jsonb_build_object('specialist', jsonb_build_object(
              'name', 'Eve', 'email', 'eve@trust.example', 'roles', '["specialist"]'::jsonb, 'team_id', team())))
          #>> '{specialist,team}', 'Lambeth North', 'a lead adds specialists to the own team');
SELECT is(tests.error($$ SELECT create_specialist(jsonb_build_object('specialist', jsonb_build_object(
              'name', 'Fay', 'email', 'fay@trust.example', 'roles', '["specialist"]'::jsonb,
              'team_id', (SELECT id FROM team WHERE name = 'Lambeth South')))) $$),
          'CV007 specialist.team_id: A lead adds people to the own team; ask an administrator for another.', 'not to another');
SELECT is(tests.error($$ SELECT create_specialist(jsonb_build_object('specialist', jsonb_build_object(
              'name', 'Fay', 'email', 'fay@trust.example', 'roles', '["administrator"]'::jsonb, 'team_id', team()))) $$),
          'CV007 specialist.roles: A lead adds specialists and leads; ask an administrator for other roles.', 'and no administrators');
SELECT throws_ok($$ INSERT INTO specialist (name, email, team_id, borough_id, roles)
                    VALUES ('Gus', 'gus@trust.example', team(), borough(), '{administrator}') $$,
                 '42501', NULL, 'the policy says the same as the sentence');
SELECT throws_ok($$ INSERT INTO team (borough_id, name) VALUES ('E09000022', 'Mine') $$, '42501', NULL, 'leads make no teams');

-- Tokens.
SELECT tests.be('amira');
SELECT issue_token('{"label": "work phone"}') AS made \gset
SELECT matches(:'made'::jsonb ->> 'secret', '^cvt_[A-Za-z0-9_-]{43}$', 'a secret is cvt_ and 43 characters');
SELECT is(tests.error(format('SELECT enter(sha256(%L), ''{anyone}'', ''x'')', :'made'::jsonb ->> 'secret')), 'no error',
          'and opens the door');
SELECT is((:'made'::jsonb #>> '{token,expires_at}')::timestamptz - now(), interval '90 days', 'for 90 days');
SELECT is(tests.error($$ SELECT issue_token('{"label": "x", "days": 401}') $$), 'CV003 days: A token lasts 1 to 400 days.', 'at most 400');
SELECT is(tests.error($$ SELECT issue_token('{}') $$), '23514 label: Say what the token is for, in 1 to 60 characters.', 'a token has a label');
SELECT is(tests.error(format('SELECT issue_token(%L)', jsonb_build_object('label', 'x', 'specialist_id', tests.id('lea')))),
          'CV007 specialist_id: Only an administrator makes tokens for somebody else.', 'nobody makes tokens for others');
SELECT is(tests.error(format('SELECT revoke_token(%L)', jsonb_build_object('token_id', uuid_v7()))),
          'CV005 token_id: You have no such token.', 'nobody revokes others'' tokens');
SELECT ok(revoke_token(jsonb_build_object('token_id', :'made'::jsonb #> '{token,id}')) #>> '{token,revoked_at}' IS NOT NULL, 'own tokens are revoked');
SELECT is(left(tests.error(format('SELECT enter(sha256(%L), ''{anyone}'', ''x'')', :'made'::jsonb ->> 'secret')), 5), 'CV016',
          'and closed from the next request');
SELECT tests.be('adam');
SELECT is(issue_token(jsonb_build_object('label', 'x', 'specialist_id', tests.id('lea'))) #>> '{token,specialist_id}',
          tests.id('lea')::text, 'administrators make tokens for others');

SELECT * FROM finish();
ROLLBACK;
