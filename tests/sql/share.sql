-- Sharing people to talk to: who learns that a contact exists, who opens the details, and that each
-- use leaves its trace; asking, granting, declining, withdrawing, running out.
BEGIN;
\ir support/network.sql
SELECT plan(104);

INSERT INTO team (id, borough_id, name) VALUES ('a0000000-0000-7000-8000-000000000004', 'E09000007', 'Camden (net)');
INSERT INTO specialist (id, name, email, team_id, borough_id, roles) VALUES
    ('b0000000-0000-7000-8000-000000000007', 'Sue Park', 'sue@net.example', 'a0000000-0000-7000-8000-000000000003', 'E09000028', '{specialist}'),
    ('b0000000-0000-7000-8000-000000000008', 'Cal Dean', 'cal@net.example', 'a0000000-0000-7000-8000-000000000004', 'E09000007', '{specialist}');
INSERT INTO contact (id, employer_id, borough_id, name, job, hires, phone, source, basis, updated_by_name) VALUES
    ('0c000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', 'E09000022', 'Pat Quinn', 'manager', true, '020 7946 0001', 'met', 'consent', 'net'),
    ('0c000000-0000-7000-8000-000000000002', 'e0000000-0000-7000-8000-000000000001', 'E09000022', 'Jo Lee', 'yard lead', false, '020 7946 0002', 'met', 'consent', 'net'),
    ('0c000000-0000-7000-8000-000000000003', 'e0000000-0000-7000-8000-000000000001', 'E09000028', 'Kit Moss', 'owner', true, NULL, 'met', 'consent', 'net'),
    ('0c000000-0000-7000-8000-000000000004', 'e0000000-0000-7000-8000-000000000002', 'E09000022', 'Ann Baker', 'owner', true, NULL, 'met', 'consent', 'net');
INSERT INTO relationship (employer_id, borough_id, lead_id, next_step, updated_by_name) VALUES
    ('e0000000-0000-7000-8000-000000000001', 'E09000022', 'b0000000-0000-7000-8000-000000000001', 'secret step', 'net');

-- The transaction's time stands still, and opening shows a row for as long as its transaction lasts:
-- as after a commit, uses are made to lie behind.
CREATE FUNCTION net.later() RETURNS void LANGUAGE sql AS $$ UPDATE contact_use SET at = at - interval '1 hour' $$;
CREATE FUNCTION net.open(n integer) RETURNS text LANGUAGE sql AS
    $$ SELECT format('open_contact(''{"contact_id": "0c000000-0000-7000-8000-00000000000%s"}'')', n) $$;
CREATE FUNCTION net.share(n integer, differs jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('share_contact(%L)', jsonb_build_object('contact_id', '0c000000-0000-7000-8000-00000000000' || n) || differs)
$$;
CREATE FUNCTION net.ask(differs jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('request_contact(%L)', '{"reason": "two people want yard work"}'::jsonb || differs)
$$;
CREATE FUNCTION net.e(n integer) RETURNS text LANGUAGE sql AS $$ SELECT 'e0000000-0000-7000-8000-00000000000' || n $$;
CREATE FUNCTION net.c(n integer) RETURNS text LANGUAGE sql AS $$ SELECT '0c000000-0000-7000-8000-00000000000' || n $$;
CREATE FUNCTION net.details(who text) RETURNS bigint LANGUAGE sql AS $$ SELECT rows_of(who, 'SELECT FROM contact') $$;

-- That somebody is known.
SELECT is(called('sam', format('list_contacts(%L)', net.e(1))) -> 'others',
    '[{"id": "0c000000-0000-7000-8000-000000000001", "job": "manager", "hires": true, "borough_id": "E09000022", "borough": "Lambeth", "lead": "Amira Shah"},
      {"id": "0c000000-0000-7000-8000-000000000002", "job": "yard lead", "hires": false, "borough_id": "E09000022", "borough": "Lambeth", "lead": "Amira Shah"}]'::jsonb,
    'another borough learns job, owner and lead');
SELECT is(called('sam', format('list_contacts(%L)', net.e(1))) #>> '{contacts,0,name}', 'Kit Moss', 'beside its own as they are');
SELECT ok(called('sam', format('list_contacts(%L)', net.e(1)))::text !~ 'Pat|Quinn|Jo Lee|7946|secret', 'no name, no number, nothing of the relationship');
SELECT is(called(who, format('list_contacts(%L)', net.e(1))), '{"contacts": [], "others": []}'::jsonb, who || ' learns nothing')
  FROM unnest(ARRAY['adam', 'audit', 'nobody']) AS who;
SELECT is(rows_of(who, 'SELECT FROM known_contacts(''' || net.e(1) || ''')') + rows_of(who, 'SELECT FROM leads_of(''' || net.e(1) || ''')')
          + rows_of(who, 'SELECT FROM colleague_by_email(''sam@net.example'')'), 0::bigint, who || ': nor by the functions beneath')
  FROM unnest(ARRAY['adam', 'audit', 'nobody']) AS who;

-- Without a share.
SELECT is(refused('sam', net.open(1)), 'CV007 contact_id: Lambeth keeps this contact and does not share it with you now; ask for it.', 'not shared');
SELECT is(refused('sam', net.open(9)), 'CV005 contact_id: There is no such contact.', 'not there');
SELECT is(refused('adam', net.open(1)), 'CV005 contact_id: There is no such contact.', 'an administrator opens nobody');
SELECT matches(refused('sam', 'open_contact(''{}'')'), '^CV003 contact_id: Say which one', 'which');
SELECT is(called('bola', net.open(1)) #>> '{contact,name}', 'Pat Quinn', 'the own borough opens its own');
SELECT is((SELECT count(*) FROM contact_use), 0::bigint, 'which is no use of a share');

-- Giving: by whom, to whom, until when.
SELECT is(refused('sam', net.share(1, '{"to_borough_id": "E09000007"}')), 'CV005 contact_id: Your borough has no such contact.', 'another''s contact cannot be given on');
SELECT is(refused('amira', net.share(4, '{"to_borough_id": "E09000028"}')), 'CV007 contact_id: Sharing is for a lead of your borough to decide.', 'nor one whose relationship nobody leads');
SELECT is(refused('lena', net.share(4, '{"to_borough_id": "E09000028"}')), NULL, 'but a lead of the borough may');
UPDATE relationship SET lead_id = 'b0000000-0000-7000-8000-000000000002';
SELECT is(refused('amira', net.share(1, '{"to_borough_id": "E09000028"}')), 'CV007 contact_id: Sharing is for Lena Ofori, who leads here, or a lead of your borough to decide.', 'somebody else leads');
SELECT matches(tried('amira', 'INSERT INTO contact_share (contact_id, employer_id, borough_id, to_borough_id, expires_on, given_by, given_by_name)
    VALUES (''' || net.c(1) || ''', ''' || net.e(1) || ''', ''E09000022'', ''E09000028'', london_today(), actor(), ''x'')'), '^42501 ', 'nor around the functions');
SELECT matches(tried('sam', 'INSERT INTO contact_share (contact_id, employer_id, borough_id, to_borough_id, expires_on, given_by, given_by_name)
    VALUES (''' || net.c(1) || ''', ''' || net.e(1) || ''', ''E09000022'', ''E09000028'', london_today(), actor(), ''x'')'), '^42501 ', 'nor does a borough give itself a share');
SELECT matches(tried('sam', 'INSERT INTO contact_share (contact_id, employer_id, borough_id, to_borough_id, expires_on, given_by, given_by_name)
    VALUES (''' || net.c(1) || ''', ''' || net.e(1) || ''', ''E09000028'', ''E09000007'', london_today(), actor(), ''x'')'), '^23503 ', 'by saying that the contact was its own');
UPDATE relationship SET lead_id = 'b0000000-0000-7000-8000-000000000001';
SELECT matches(refused('amira', net.share(1, '{"to_borough_id": "E09000022"}')), '^23514 to_borough_id: Your own borough sees its contacts', 'with oneself');
SELECT matches(refused('amira', net.share(1, '{"to_email": "bola@net.example"}')), '^CV003 to_email: Your own borough sees', 'or a colleague of the borough');
SELECT matches(refused('amira', net.share(1, '{"to_borough_id": "E09000099"}')), '^23503 to_borough_id: No borough has this code', 'a borough that does not exist');
SELECT matches(refused('amira', net.share(1, '{}')), '^CV003 to_borough_id: Say with whom', 'with nobody');
SELECT is(refused('amira', net.share(1, '{"to_email": "none@net.example"}')), 'CV005 to_email: No colleague has this work address.', 'an unknown address');
SELECT is(refused('amira', net.share(1, '{"to_email": "adam@net.example"}')), 'CV005 to_email: No colleague has this work address.', 'somebody who sees no contacts');
SELECT matches(refused('amira', net.share(1, '{"to_email": "sam@net.example", "to_borough_id": "E09000007"}')), '^CV003 to_borough_id: This colleague is not of that borough', 'a person of another borough than named');
SELECT matches(refused('amira', net.share(1, jsonb_build_object('to_borough_id', 'E09000028', 'expires_on', london_today() - 1))), '^CV003 expires_on: .* has passed', 'past an expiry');
SELECT matches(refused('amira', net.share(1, jsonb_build_object('to_borough_id', 'E09000028', 'expires_on', london_today() + 366))), '^CV003 expires_on: A share lasts at most 366 days', 'too long');
SELECT matches(refused('amira', net.share(1, jsonb_build_object('to_borough_id', 'E09000028', 'condition', repeat('x', 201)))), '^23514 condition: Keep the condition to 200 characters', 'too long a condition');
SELECT matches(refused('amira', net.share(1, '{"to_borough_id": "E09000028", "condition": "ask about LB-014"}')), '^CV003 condition: Leave LB-014 out', 'a condition that names a client');
SELECT is(called('amira', net.share(1, jsonb_build_object('id', '05000000-0000-7000-8000-000000000001', 'to_borough_id', 'E09000028', 'expires_on', london_today() + 3, 'condition', 'ring me first'))) - 'given_at',
    jsonb_build_object('id', '05000000-0000-7000-8000-000000000001', 'contact_id', net.c(1), 'contact', 'Pat Quinn', 'job', 'manager', 'employer_id', net.e(1), 'employer', 'Stockwell Tool Hire',
        'borough_id', 'E09000022', 'borough', 'Lambeth', 'given_by', 'Amira Shah', 'to_borough_id', 'E09000028', 'to_borough', 'Southwark', 'expires_on', london_today() + 3, 'condition', 'ring me first'),
    'the relationship''s lead shares, unasked');

-- Using: the details come with a trace, and only so.
SELECT is(net.details('sam'), 1::bigint, 'a share alone shows no row: sam sees his own contact');
SELECT is(called('sam', format('list_contacts(%L) #> ''{others,0}''', net.e(1))) - 'id' - 'job' - 'hires' - 'lead' - 'borough_id',
    jsonb_build_object('borough', 'Lambeth', 'shared_until', london_today() + 3, 'condition', 'ring me first', 'shared_by', 'Amira Shah'), 'the list says that it can be opened');
SELECT is(called('sam', net.open(1)) -> 'contact' ->> 'phone', '020 7946 0001', 'opened');
SELECT is((SELECT count(*) FROM contact_use WHERE by_name = 'Sam Reid'), 1::bigint, 'with a trace');
SELECT is(net.details('sam'), 2::bigint, 'shown for the rest of that transaction');
SELECT is(net.details('sue'), 1::bigint, 'to who opened it');
SELECT net.later() IS NULL AS x \gset
SELECT is(net.details('sam'), 1::bigint, 'and no longer');
SELECT is(called('sam', net.open(1)) #>> '{share,condition}', 'ring me first', 'the condition comes with it');
SELECT is(called('sue', net.open(1)) #>> '{contact,name}', 'Pat Quinn', 'every colleague of the borough opens it');
SELECT net.later() IS NULL AS x \gset
SELECT matches(refused('cal', net.open(1)), '^CV007 ', 'a third borough does not');
SELECT matches(refused('sam', net.open(2)), '^CV007 ', 'nor does the share open another contact');
SELECT results_eq($$ SELECT jsonb_array_elements_text(called('bola', 'ARRAY(SELECT by_name FROM contact_use ORDER BY id)')) $$,
    $$ VALUES ('Sam Reid'), ('Sam Reid'), ('Sue Park') $$, 'the owner sees each use');
SELECT is(rows_of('sue', 'SELECT FROM contact_use'), 1::bigint, 'the user their own');
SELECT is(rows_of(who, 'SELECT FROM contact_use') + rows_of(who, 'SELECT FROM contact_share'), 0::bigint, who || ' sees none')
  FROM unnest(ARRAY['cal', 'adam', 'nobody']) AS who;
SELECT is(called('amira', '(SELECT share_json(s) FROM contact_share s WHERE s.id = ''05000000-0000-7000-8000-000000000001'')') ->> 'uses', '3', 'counted beside the share');
SELECT is(called('sam', '(SELECT share_json(s) FROM contact_share s WHERE s.id = ''05000000-0000-7000-8000-000000000001'')') ->> 'contact', NULL, 'the share itself names nobody to who received it');
SELECT matches(tried('sam', 'INSERT INTO contact_use (share_id, contact_id, employer_id, owner_id, borough_id, specialist_id, by_name)
    VALUES (''05000000-0000-7000-8000-000000000001'', ''' || net.c(2) || ''', ''' || net.e(1) || ''', ''E09000022'', borough(), actor(), ''x'')'), '^23503 ', 'a use is of the share''s contact');
SELECT matches(tried('sam', 'INSERT INTO contact_use (share_id, contact_id, employer_id, owner_id, borough_id, specialist_id, by_name)
    VALUES (''05000000-0000-7000-8000-000000000001'', ''' || net.c(1) || ''', ''' || net.e(1) || ''', ''E09000022'', borough(), ''b0000000-0000-7000-8000-000000000007'', ''x'')'), '^42501 ', 'and is one''s own');
SELECT matches(tried('sam', 'UPDATE contact_use SET by_name = ''x'''), '^42501 ', 'nobody changes the trace');
SELECT matches(tried('sam', 'DELETE FROM contact_use'), '^42501 ', 'or takes it away');
SELECT is(tried('sam', 'UPDATE contact SET name = ''x'' WHERE id = ''' || net.c(1) || ''''), '0 rows', 'a shared contact is not the other borough''s to change');
SELECT matches(refused('sam', format('update_contact(%L)', jsonb_build_object('contact', jsonb_build_object('id', net.c(1), 'name', 'X'), 'update_mask', '["name"]'::jsonb))), '^CV005 contact.id: Your borough has no such contact', 'nor by the function');

-- Running out, withdrawing, sharing again.
UPDATE contact_share SET expires_on = london_today();
SELECT is(called('sam', net.open(1)) #>> '{contact,name}', 'Pat Quinn', 'the last day counts');
UPDATE contact_share SET expires_on = london_today() - 1;
SELECT is(net.details('sam'), 1::bigint, 'a share that has run out shows nothing, even in the transaction that opened it');
SELECT matches(refused('sam', net.open(1)), '^CV007 ', 'and opens nothing');
SELECT is(rows_of('sam', 'SELECT FROM contact_share'), 0::bigint, 'it is gone from what was received');
SELECT is(rows_of('amira', 'SELECT FROM contact_share WHERE employer_id = ''' || net.e(1) || ''''), 1::bigint, 'and stays in what was given');
SELECT net.later() IS NULL AS x \gset
SELECT is(refused('amira', net.share(1, '{"to_borough_id": "E09000028"}')), NULL, 'shared again');
SELECT is((SELECT expires_on FROM contact_share WHERE withdrawn_at IS NULL AND contact_id = net.c(1)::uuid), london_today() + 89, 'without a day for 90');
SELECT is((SELECT count(*) FROM contact_share WHERE withdrawn_at IS NOT NULL), 1::bigint, 'what stood before was replaced');
SELECT id AS s FROM contact_share WHERE withdrawn_at IS NULL AND contact_id = net.c(1)::uuid \gset
SELECT is(called('sam', net.open(1)) #>> '{contact,name}', 'Pat Quinn', 'it opens');
SELECT matches(refused('sam', format('withdraw_share(''{"share_id": "%s"}'')', :'s')), '^CV005 share_id: Your borough has given no such share', 'who received does not withdraw');
INSERT INTO specialist (id, name, email, team_id, borough_id, roles) VALUES
    ('b0000000-0000-7000-8000-000000000009', 'Dee Fox', 'dee@net.example', 'a0000000-0000-7000-8000-000000000002', 'E09000022', '{specialist}');
SELECT matches(refused('dee', format('withdraw_share(''{"share_id": "%s"}'')', :'s')), '^CV007 share_id: Only Amira Shah', 'nor does a colleague who neither gave nor leads');
SELECT is(called('bola', format('withdraw_share(''{"share_id": "%s"}'')', :'s')) ->> 'withdrawn_by', 'Bola Adeyemi', 'a lead of the borough does');
SELECT is(net.details('sam'), 1::bigint, 'and nothing is shown from that moment, not even in the transaction that opened it');
SELECT matches(refused('sam', net.open(1)), '^CV007 ', 'nor opened');
SELECT matches(refused('bola', format('withdraw_share(''{"share_id": "%s"}'')', :'s')), '^CV009 share_id: Bola Adeyemi withdrew this at', 'once');

-- By person.
SELECT is(called('amira', net.share(2, '{"to_email": "SUE@net.example"}')) ->> 'to_specialist', 'Sue Park', 'with one person');
SELECT matches(refused('sam', net.open(2)), '^CV007 ', 'a colleague of that person, though a lead, has no share');
SELECT is(rows_of('sam', 'SELECT FROM contact_share'), 0::bigint, 'nor sees it');
SELECT is(called('sue', net.open(2)) #>> '{contact,name}', 'Jo Lee', 'that person has');

-- Asking.
SELECT matches(refused('sam', net.ask(jsonb_build_object('contact_id', net.c(3)))), '^23514 owner_borough_id: Your own borough keeps this contact', 'for an own contact');
SELECT matches(refused('sue', net.ask(jsonb_build_object('contact_id', net.c(2)))), '^CV009 contact_id: This contact is shared with you until', 'for what is shared');
SELECT matches(refused('cal', net.ask(jsonb_build_object('employer_id', net.e(1)))), '^CV003 owner_borough_id: Say which borough to ask; these know somebody there: Lambeth, Southwark', 'which borough');
SELECT matches(refused('cal', net.ask(jsonb_build_object('contact_id', net.c(1), 'reason', ' '))), '^23514 reason: ', 'a reason');
SELECT matches(refused('sam', net.ask(jsonb_build_object('contact_id', net.c(1), 'reason', 'for SK-301'))), '^CV003 reason: Leave SK-301 out', 'that names no client');
SELECT is(called('sam', net.ask(jsonb_build_object('id', '06000000-0000-7000-8000-000000000001', 'employer_id', net.e(1)))) - 'asked_at',
    jsonb_build_object('id', '06000000-0000-7000-8000-000000000001', 'employer_id', net.e(1), 'employer', 'Stockwell Tool Hire', 'owner_borough_id', 'E09000022', 'owner_borough', 'Lambeth', 'lead', 'Amira Shah',
        'borough_id', 'E09000028', 'borough', 'Southwark', 'asked_by', 'Sam Reid', 'reason', 'two people want yard work', 'status', 'waiting'), 'the only other borough that knows somebody is asked, and who leads there is named');
SELECT matches(refused('sam', net.ask(jsonb_build_object('employer_id', net.e(1)))), '^23505 .*"contact_request_once"', 'once');
SELECT is(rows_of('amira', 'SELECT FROM contact_request') || '/' || rows_of('cal', 'SELECT FROM contact_request') || '/' || rows_of('sue', 'SELECT FROM contact_request'), '1/0/0', 'the owner sees it, others do not');
SELECT is(called('bola', '(SELECT leads_relationship(''' || net.e(1) || '''))') || called('dee', '(SELECT leads_relationship(''' || net.e(1) || '''))'), '[true, false]'::jsonb, 'it is for the lead, or a lead of the borough');
SELECT matches(refused('dee', 'decline_request(''{"contact_request_id": "06000000-0000-7000-8000-000000000001", "reason": "no"}'')'), '^CV007 contact_request_id: This is for Amira Shah', 'not for others there');
SELECT matches(refused('sam', 'grant_request(''{"contact_request_id": "06000000-0000-7000-8000-000000000001"}'')'), '^CV005 contact_request_id: Your borough has no such request', 'least of all for who asked');
SELECT matches(refused('amira', 'grant_request(''{"contact_request_id": "06000000-0000-7000-8000-000000000001"}'')'), '^CV003 contact_id: Say whom to share: your borough knows 2 people there', 'whom');
SELECT is(called('amira', format('grant_request(%L)', jsonb_build_object('contact_request_id', '06000000-0000-7000-8000-000000000001', 'contact_id', net.c(1), 'only_asker', true, 'condition', 'say that I sent you'))) #>> '{request,status}', 'granted', 'granted');
SELECT is(called('sam', net.open(1)) #>> '{share,condition}', 'say that I sent you', 'the asker opens it');
SELECT matches(refused('sue', net.open(1)), '^CV007 ', 'alone');
SELECT matches(refused('bola', 'decline_request(''{"contact_request_id": "06000000-0000-7000-8000-000000000001", "reason": "no"}'')'), '^CV009 contact_request_id: Amira Shah granted this at', 'one answer');
SELECT is(called('cal', net.ask(jsonb_build_object('id', '06000000-0000-7000-8000-000000000002', 'contact_id', net.c(1)))) ->> 'job', 'manager', 'asked by name of a job');
SELECT matches(refused('amira', 'decline_request(''{"contact_request_id": "06000000-0000-7000-8000-000000000002"}'')'), '^23514 reason: Say why', 'no without a reason is none');
SELECT is(called('amira', 'decline_request(''{"contact_request_id": "06000000-0000-7000-8000-000000000002", "reason": "on leave until May"}'')') ->> 'status', 'declined', 'declined');
SELECT is(called('cal', '(SELECT contact_request_json(r) FROM contact_request r)') ->> 'answer', 'on leave until May', 'and the asker reads why');
SELECT matches(refused('cal', net.open(1)), '^CV007 ', 'and opens nothing');

-- Whoever objected is nobody's to open, ask for or share.
SELECT called('amira', format('update_contact(%L)', jsonb_build_object('contact', jsonb_build_object('id', net.c(1), 'objected_on', london_today()), 'update_mask', '["objected_on"]'::jsonb))) IS NOT NULL AS x \gset
SELECT matches(refused('sam', net.open(1)), '^CV009 contact_id: This person objected on .*; nobody may contact them, in any borough', 'an objection blocks for good');
SELECT is(net.details('sam'), 1::bigint, 'though there is a share');
SELECT matches(refused('bola', net.open(1)), '^CV009 contact_id: This person objected', 'in the own borough, too');
SELECT matches(refused('cal', net.ask(jsonb_build_object('contact_id', net.c(1)))), '^CV009 contact_id: This person objected', 'asked for');
SELECT matches(refused('amira', net.share(1, '{"to_borough_id": "E09000028"}')), '^CV009 contact_id: This person objected', 'shared');
SELECT is(called('sam', format('list_contacts(%L)', net.e(1))) #> '{others,0,objected_on}', to_jsonb(london_today()), 'every borough learns that the person objected');

SELECT * FROM finish();
ROLLBACK;
