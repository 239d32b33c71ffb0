-- The audit: what is noted of a call, who reads it, that nobody changes it, and that a chain in which
-- a bit was flipped, a row taken out or all written anew is found out, and says where.
BEGIN;
\ir support/network.sql
SELECT plan(49);

-- A call as the engine makes it: as somebody, a few statements, and the note at the end.
CREATE FUNCTION net.call(who text, method text, expression text, request uuid DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('canvass.saw_clients', '', true), set_config('canvass.saw_contacts', '', true);
    PERFORM net.call_as(who);
    EXECUTE 'SELECT ' || expression;
    PERFORM audit_note(method, request);
    PERFORM net.leave();
END
$$;
CREATE FUNCTION net.refuse(who text, refusal integer, subject uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM net.call_as(who);
    PERFORM audit_refused('canvass.v1.ClientService/GetClient', refusal, subject);
    PERFORM net.leave();
END
$$;
CREATE FUNCTION net.last() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', (SELECT s.name FROM specialist s WHERE s.id = a.actor), a.kind, split_part(a.method, '/', 2),
                     ARRAY(SELECT c.ref FROM client c WHERE c.id = ANY (a.clients) ORDER BY 1), a.refusal)
      FROM audit a ORDER BY a.id DESC LIMIT 1
$$;
CREATE FUNCTION net.rows() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM audit';
CREATE FUNCTION net.verify(who text, request jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS
    $$ SELECT net.called(who, format('verify_audit(%L)', request)) $$;

-- What is noted.
SELECT net.call('amira', 'canvass.v1.ClientService/GetClient', $$client_json(client_of('', 'lb-014', 'client_id', 'ref'))$$);
SELECT is(net.last(), 'Amira Shah read GetClient {LB-014}', 'a client who is read');
SELECT net.call('amira', 'canvass.v1.ClientService/ListClients', $$(SELECT jsonb_agg(client_json(c, false)) FROM client c)$$);
SELECT is(net.last(), 'Amira Shah read ListClients {LB-014,LB-015}', 'all of a list, once each');
SELECT net.call('bola', 'canvass.v1.ClientService/ListClients', $$(SELECT jsonb_agg(client_json(c, false)) FROM client c)$$);
SELECT is(net.last(), 'Bola Adeyemi read ListClients {LS-201}', 'as far as the caller saw them');
SELECT is(net.rows(), 3::bigint, 'a row a call');
SELECT net.call('amira', 'canvass.v1.VisitService/ListVisits', '1');
SELECT is(net.rows(), 3::bigint, 'a read that shows no client is none of a client');
INSERT INTO visit (id, borough_id, team_id, employer_id, at, mode, cup, generic, specialist_id, recorded_by)
    VALUES ('0f000000-0000-7000-8000-000000000001', 'E09000022', 'a0000000-0000-7000-8000-000000000001',
            'e0000000-0000-7000-8000-000000000001', now(), 'in_person', 1, false, 'b0000000-0000-7000-8000-000000000001', 'b0000000-0000-7000-8000-000000000001');
INSERT INTO visit_client VALUES ('0f000000-0000-7000-8000-000000000001', 'c0000000-0000-7000-8000-000000000001');
SELECT net.call('lena', 'canvass.v1.VisitService/GetVisit', '(SELECT visit_json(v) FROM visit v WHERE v.id = ''0f000000-0000-7000-8000-000000000001'')');
SELECT is(net.last(), 'Lena Ofori read GetVisit {LB-014}', 'whom a visit was for');
SELECT net.call('bola', 'canvass.v1.VisitService/GetVisit', '(SELECT visit_json(v) FROM visit v WHERE v.id = ''0f000000-0000-7000-8000-000000000001'')');
SELECT is(net.rows(), 4::bigint, 'who does not see whom it was for has not read of them');
SELECT net.call('lena', 'canvass.v1.EmployerService/ListTimeline', 'saw_visit(''0f000000-0000-7000-8000-000000000001'')');
SELECT is(net.last(), 'Lena Ofori read ListTimeline {LB-014}', 'in the timeline');
SELECT net.call('amira', 'canvass.v1.TodayService/GetToday', 'saw_client_ref(''LB-015'')');
SELECT is(net.last(), 'Amira Shah read GetToday {LB-015}', 'or in the day''s list, by reference');
SELECT net.call('amira', 'canvass.v1.ClientService/CreateClient', $$create_client('{"client": {"ref": "LB-016"}}')$$, '1f000000-0000-7000-8000-000000000001');
SELECT is(net.last(), 'Amira Shah write CreateClient {LB-016}', 'a write, with whom it changed');
SELECT is((SELECT request_id FROM audit ORDER BY id DESC LIMIT 1), '1f000000-0000-7000-8000-000000000001', 'and its request');
SELECT net.call('amira', 'canvass.v1.EmployerService/ExportEmployers', '1');
SELECT is(net.last(), 'Amira Shah export ExportEmployers {}', 'an export');
SELECT net.call('adam', 'canvass.v1.AccountService/IssueToken', '1', '1f000000-0000-7000-8000-000000000002');
SELECT is(net.last(), 'Adam Cole account IssueToken {}', 'what an administrator does');
INSERT INTO contact (id, employer_id, borough_id, name, source, basis, updated_by_name) VALUES
    ('0c000000-0000-7000-8000-000000000001', 'e0000000-0000-7000-8000-000000000001', 'E09000022', 'Pat Quinn', 'met', 'consent', 'net');
SELECT net.call('lena', 'canvass.v1.ShareService/ShareContact', $$share_contact('{"contact_id": "0c000000-0000-7000-8000-000000000001", "to_borough_id": "E09000028"}')$$, '1f000000-0000-7000-8000-000000000003');
SELECT is((SELECT kind || contacts::text FROM audit ORDER BY id DESC LIMIT 1), 'share{0c000000-0000-7000-8000-000000000001}', 'a share');
SELECT net.call('sam', 'canvass.v1.ShareService/OpenContact', $$open_contact('{"contact_id": "0c000000-0000-7000-8000-000000000001"}')$$, '1f000000-0000-7000-8000-000000000004');
SELECT is((SELECT borough_id || kind || contacts::text FROM audit ORDER BY id DESC LIMIT 1), 'E09000028share{0c000000-0000-7000-8000-000000000001}', 'and its use');

-- What was refused.
SELECT net.refuse('sam', 5, 'c0000000-0000-7000-8000-000000000001');
SELECT is(net.last(), 'Sam Reid refused GetClient {LB-014} 5', 'a client of another team');
SELECT net.refuse('adam', 7, NULL);
SELECT is(net.last(), 'Adam Cole refused GetClient {} 7', 'what the role may not');
SELECT is(net.rows(), 13::bigint, 'so many by now');
SELECT net.refuse('sam', 5, 'e0000000-0000-7000-8000-000000000001');
SELECT net.refuse('sam', 5, 'c0000000-0000-7000-8000-0000000000ff');
SELECT net.refuse('sam', 3, 'c0000000-0000-7000-8000-000000000001');
SELECT is(net.rows(), 13::bigint, 'what is not there, or was only wrong, is no try');
SELECT throws_like('INSERT INTO audit (borough_id, team_id, actor, kind, method) VALUES (''E09000022'', ''a0000000-0000-7000-8000-000000000001'', ''b0000000-0000-7000-8000-000000000001'', ''read'', ''LB-014 wants work'')', '%audit_method_name%', 'there is no place for a text');
SELECT is((SELECT count(*) FROM audit a, client c WHERE strpos(a::text, c.ref) > 0 OR strpos(audit_line(a, 1), c.ref) > 0), 0::bigint, 'no reference stands anywhere');

-- Who reads it.
SELECT is(rows_of('audit', 'SELECT FROM audit'), 11::bigint, 'an auditor reads the borough''s rows');
SELECT is(rows_of('lena', 'SELECT FROM audit'), 10::bigint, 'a lead the own team''s');
SELECT is(rows_of('bola', 'SELECT FROM audit'), 1::bigint, 'another lead theirs');
SELECT is(rows_of('sam', 'SELECT FROM audit WHERE borough_id <> borough()'), 0::bigint, 'nobody another borough''s');
SELECT is(rows_of(who, 'SELECT FROM audit'), 0::bigint, who || ' reads none') FROM unnest(ARRAY['amira', 'adam', 'nobody']) AS who;
SELECT is(called('audit', '(SELECT audit_json(a) FROM audit a ORDER BY id LIMIT 1)') - 'id' - 'at',
    '{"by": "Amira Shah", "kind": "read", "method": "canvass.v1.ClientService/GetClient", "client_ids": ["c0000000-0000-7000-8000-000000000001"], "contact_ids": [], "specialist_id": "b0000000-0000-7000-8000-000000000001"}'::jsonb,
    'an id and no more of a client');

-- Nobody changes it.
SELECT matches(tried(who, statement), '^42501 ', who || ': ' || statement)
  FROM unnest(ARRAY['audit', 'adam']) AS who,
       unnest(ARRAY['INSERT INTO audit_pending VALUES (1)', 'UPDATE audit SET kind = ''read''', 'DELETE FROM audit_seal']) AS statement;
SELECT throws_ok('UPDATE audit SET method = method', 'CV009', NULL, 'not even the owner');
SELECT throws_ok('DELETE FROM audit_seal', 'CV009', NULL, 'takes something out');
SELECT throws_ok('TRUNCATE audit CASCADE', 'CV009', NULL, 'or empties it');

-- The chain.
SELECT is(net.verify('lena') ->> 'sentence', 'All 11 rows read as they were sealed.', 'a chain that holds');
SELECT is(net.verify('sam') -> 'rows', '2', 'another borough''s is its own');
CREATE TEMPORARY TABLE known AS SELECT net.verify('audit') AS v;
SELECT is((SELECT s.hash FROM audit_seal s WHERE s.borough_id = 'E09000022' AND s.seq = 1),
          (SELECT sha256(decode(repeat('00', 32), 'hex') || convert_to(audit_line(a, 1), 'UTF8')) FROM audit a ORDER BY id LIMIT 1), 'worked out as it is described');
SET LOCAL session_replication_role = replica;
UPDATE audit SET at = at + interval '1 microsecond' WHERE id = (SELECT audit_id FROM audit_seal WHERE borough_id = 'E09000022' AND seq = 4);
SELECT is(net.verify('audit') - 'head' - 'borough' - 'rows' - 'broken_at' - 'broken_id' - 'sentence', '{"intact": false, "broken_seq": 4}', 'a bit that was flipped is found where it is');
SELECT is(net.verify('sam') -> 'intact', 'true', 'the other borough''s chain holds');
UPDATE audit_seal s SET hash = audit_link((SELECT hash FROM audit_seal p WHERE p.borough_id = s.borough_id AND p.seq = 3), audit_line((SELECT a FROM audit a WHERE a.id = s.audit_id), 4)) WHERE s.borough_id = 'E09000022' AND s.seq = 4;
SELECT is(net.verify('audit') -> 'broken_seq', '5', 'one that was sealed again breaks the next');
UPDATE audit SET at = at - interval '1 microsecond' WHERE id = (SELECT audit_id FROM audit_seal WHERE borough_id = 'E09000022' AND seq = 4);
UPDATE audit_seal s SET hash = audit_link((SELECT hash FROM audit_seal p WHERE p.borough_id = s.borough_id AND p.seq = 3), audit_line((SELECT a FROM audit a WHERE a.id = s.audit_id), 4)) WHERE s.borough_id = 'E09000022' AND s.seq = 4;
SELECT is(net.verify('audit'), (SELECT v FROM known), 'put back as it was, it holds');
CREATE TEMPORARY TABLE gone AS SELECT * FROM audit_seal WHERE borough_id = 'E09000022' AND seq = 11;
DELETE FROM audit_seal WHERE borough_id = 'E09000022' AND seq = 11;
SELECT matches(net.verify('audit') ->> 'sentence', '^1 rows stand outside the chain', 'a row that was unsealed');
DELETE FROM audit WHERE id = (SELECT audit_id FROM gone);
SELECT is(net.verify('audit') -> 'intact', 'true', 'of an end that was cut off the chain itself cannot tell');
SELECT matches(net.verify('audit', (SELECT jsonb_build_object('known_seq', v -> 'rows', 'known_head', v -> 'head') FROM known)) ->> 'sentence', '^Number 11 does not have the head that you noted', 'whoever noted the head can');
SELECT matches(refused('audit', 'verify_audit(''{"known_seq": 3}'')'), '^CV003 known_head: Give both', 'with its number');

SELECT * FROM finish();
ROLLBACK;
