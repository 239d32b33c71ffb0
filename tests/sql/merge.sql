-- Two rows of the registry that are one employer: what moves, how what both have is put together,
-- what is refused, who sees what, and that undo restores both.
BEGIN;
\ir support/network.sql
\ir support/undo.sql
SELECT plan(84);

\set keep '''e0000000-0000-7000-8000-000000000001'''
\set other '''e0000000-0000-7000-8000-0000000000b2'''
CREATE FUNCTION net.merge(a text, b text) RETURNS text LANGUAGE sql AS $$
    SELECT format('merge_employers(%L)', jsonb_build_object('keep_id', a, 'merge_id', b))
$$;

-- Stockwell Tool Hire stands a second time, with a twin of its site and a site of its own, and every
-- kind of row that hangs on an employer, of two boroughs.
INSERT INTO employer (id, name, phone, website, staff, sic, about, refs, open_sites, living_wage) VALUES
    (:other, 'Stockwell Tools', '020 7946 0177', 'https://tools.example', 12, '77390', 'Likes a call first.', '{demo:7}', 2, true);
UPDATE employer SET open_sites = 1, about = 'Early starts.' WHERE id = :keep;
INSERT INTO site (id, employer_id, name, address, postcode, phone, borough_id) VALUES
    ('50000000-0000-7000-8000-0000000000b1', :other, 'Yard', '{1 Clapham Road.}', 'SW9 8HE', '020 7946 0178', 'E09000022'),
    ('50000000-0000-7000-8000-0000000000b2', :other, NULL, '{9 Rye Lane}', 'SE15 4ST', NULL, 'E09000028');
UPDATE site SET words = site_words('Stockwell Tool Hire', NULL, NULL, address, borough_id, postcode) WHERE employer_id = :keep;
INSERT INTO employer_ref VALUES ('demo', '7', :other, '50000000-0000-7000-8000-0000000000b1', 1);
INSERT INTO contact (id, employer_id, site_id, borough_id, name, phone, source, basis, objected_on, updated_by_name) VALUES
    ('0c000000-0000-7000-8000-000000000001', :keep, NULL, 'E09000022', 'Pat Quinn', '020 7946 0100', 'met', 'consent', NULL, 'net'),
    ('0c000000-0000-7000-8000-000000000002', :other, '50000000-0000-7000-8000-0000000000b1', 'E09000028', 'Pat Quinn', NULL, 'met', 'consent', '2026-05-01', 'net'),
    ('0c000000-0000-7000-8000-000000000003', :other, '50000000-0000-7000-8000-0000000000b2', 'E09000022', 'Jo Lee', NULL, 'met', 'consent', NULL, 'net');
INSERT INTO objection SELECT :other, h, '0c000000-0000-7000-8000-000000000002', '2026-05-01' FROM unnest(person_hashes('Pat Quinn', NULL, NULL)) AS h;
INSERT INTO relationship (employer_id, borough_id, stage, lead_id, stance, last_visit_at, next_touch_at, next_step, updated_by_name) VALUES
    (:keep, 'E09000022', 'fair', NULL, 'cold', '2026-09-01 10:00Z', '2026-12-20 10:00Z', 'the later one', 'net'),
    (:other, 'E09000022', 'regular', 'b0000000-0000-7000-8000-000000000002', 'warm', '2026-10-01 10:00Z', '2026-12-10 10:00Z', 'the earlier one', 'net'),
    (:other, 'E09000028', 'hired', 'b0000000-0000-7000-8000-000000000004', 'warm', '2026-10-02 10:00Z', NULL, NULL, 'net');
INSERT INTO visit (id, borough_id, team_id, employer_id, site_id, contact_id, at, mode, cup, generic, stance, learned, specialist_id, recorded_by) VALUES
    ('0f000000-0000-7000-8000-000000000001', 'E09000022', 'a0000000-0000-7000-8000-000000000001', :other, '50000000-0000-7000-8000-0000000000b1', '0c000000-0000-7000-8000-000000000003',
     '2026-10-01 10:00Z', 'in_person', 1, false, 'warm', 'short of drivers', 'b0000000-0000-7000-8000-000000000001', 'b0000000-0000-7000-8000-000000000001'),
    ('0f000000-0000-7000-8000-000000000002', 'E09000028', 'a0000000-0000-7000-8000-000000000003', :other, NULL, NULL,
     '2026-10-02 10:00Z', 'phone', 1, true, 'warm', NULL, 'b0000000-0000-7000-8000-000000000004', 'b0000000-0000-7000-8000-000000000004');
INSERT INTO visit_client VALUES ('0f000000-0000-7000-8000-000000000001', 'c0000000-0000-7000-8000-000000000001');
INSERT INTO plan (id, borough_id, team_id, specialist_id, employer_id, site_id, at) VALUES
    ('0d000000-0000-7000-8000-000000000001', 'E09000022', 'a0000000-0000-7000-8000-000000000001', 'b0000000-0000-7000-8000-000000000001', :other, '50000000-0000-7000-8000-0000000000b1', now() + interval '2 days');
INSERT INTO opening (id, employer_id, site_id, borough_id, title, soc, hours_min_tenths, hours_max_tenths, network, created_by_name, updated_by_name) VALUES
    ('0a000000-0000-7000-8000-000000000001', :other, '50000000-0000-7000-8000-0000000000b1', 'E09000022', 'Yard hand', '9252', 300, 300, false, 'net', 'net'),
    ('0a000000-0000-7000-8000-000000000002', :other, '50000000-0000-7000-8000-0000000000b2', 'E09000028', 'Driver', '8214', 300, 300, false, 'net', 'net');
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS canvass.visit_in_mind, canvass.change_forget DEFERRED;
SELECT net.keep('before') IS NULL AS x \gset

-- Refused.
SELECT matches(refused('amira', net.merge(:keep, :keep)), '^CV003 merge_id: An employer cannot be merged into itself', 'into itself');
SELECT matches(refused('amira', net.merge(:keep, '')), '^CV003 merge_id: Say which one', 'with none');
SELECT matches(refused('amira', net.merge('x', :other)), '^CV003 keep_id: "x" is not an id', 'by a name');
SELECT is(refused('amira', net.merge(:keep, 'e0000000-0000-7000-8000-0000000000ff')), 'CV005 merge_id: There is no such employer.', 'with one that does not exist');
SELECT is(refused('amira', net.merge('e0000000-0000-7000-8000-0000000000ff', :keep)), 'CV005 keep_id: There is no such employer.', 'into one that does not exist');
SELECT matches(refused('adam', net.merge(:keep, :other)), '^CV007 ', 'an administrator does not merge');
SELECT matches(refused('nobody', net.merge(:keep, :other)), '^CV007 ', 'nor does nobody');
UPDATE employer SET company_number = '01234567' WHERE id = :keep;
UPDATE employer SET company_number = '07654321' WHERE id = :other;
SELECT matches(refused('amira', net.merge(:keep, :other)), '^CV009 merge_id: Stockwell Tool Hire has the company number 01234567 and Stockwell Tools has 07654321: these are two companies', 'two companies');
UPDATE employer SET company_number = NULL WHERE id IN (:keep, :other);
UPDATE site SET closed = true WHERE employer_id = :keep;
UPDATE employer SET open_sites = 0 WHERE id = :keep;
SELECT is(refused('amira', net.merge(:keep, :other)), 'CV009 keep_id: Stockwell Tool Hire is closed: none of its sites is open. Keep Stockwell Tools instead.', 'into a closed one');
UPDATE site SET closed = false WHERE employer_id = :keep;
UPDATE employer SET open_sites = 1 WHERE id = :keep;
SELECT is(net.since('before'), NULL, 'nothing moved');
SELECT throws_ok('UPDATE visit SET employer_id = ''e0000000-0000-7000-8000-000000000002'' WHERE id = ''0f000000-0000-7000-8000-000000000002''', 'CV009', NULL, 'a visit moves with its employer alone');
SELECT matches(tried('lena', 'INSERT INTO employer_merge (merged_id, kept_id, name, by_name) VALUES (gen_random_uuid(), ''e0000000-0000-7000-8000-000000000001'', ''x'', ''x'')'), '^42501 ', 'no way around the function');

-- Merged.
SELECT net.request(1) IS NULL AS x \gset
SELECT called('amira', net.merge(:keep, :other)) AS answer \gset
SELECT is(:'answer'::jsonb -> 'moved', '{"sites": 2, "sites_joined": 1, "contacts": 1, "relationships": 1, "visits": 2, "openings": 1, "plans": 1, "refs": 1}'::jsonb, 'the answer counts what the caller may see');
SELECT is((SELECT count(*) FROM employer WHERE id = :other), 0::bigint, 'the other is gone');
SELECT is(jsonb_object_agg(k, v), '{"name": "Stockwell Tool Hire", "phone": "020 7946 0177", "website": "https://tools.example", "staff": 12, "sic": "77320",
    "about": "Early starts.\nLikes a call first.", "refs": ["demo:7"], "open_sites": 2, "living_wage": true}'::jsonb, 'the kept one keeps what it has and is filled in')
  FROM employer e, jsonb_each(to_jsonb(e)) AS j (k, v) WHERE e.id = :keep AND k IN ('name', 'phone', 'website', 'staff', 'sic', 'about', 'refs', 'open_sites', 'living_wage');
SELECT set_eq('SELECT id::text FROM site WHERE employer_id = ''e0000000-0000-7000-8000-000000000001''',
    ARRAY['50000000-0000-7000-8000-000000000001', '50000000-0000-7000-8000-0000000000b2'], 'the same address is one site');
SELECT is(ARRAY[s.name, s.phone], '{Yard,020 7946 0178}'::text[], 'with what either had') FROM site s WHERE s.id = '50000000-0000-7000-8000-000000000001';
SELECT ok(s.words @@ '''hire'':*'::tsquery AND s.words @@ '''rye'':*'::tsquery, 'a site that came is found by the kept name') FROM site s WHERE s.id = '50000000-0000-7000-8000-0000000000b2';
SELECT is((SELECT array_agg(site_id ORDER BY id) FROM contact WHERE employer_id = :keep), '{NULL,50000000-0000-7000-8000-000000000001,50000000-0000-7000-8000-0000000000b2}'::uuid[], 'contacts come, with their sites');
SELECT is((SELECT array_agg(ARRAY[employer_id, site_id] ORDER BY id) FROM opening), '{{e0000000-0000-7000-8000-000000000001,50000000-0000-7000-8000-000000000001},{e0000000-0000-7000-8000-000000000001,50000000-0000-7000-8000-0000000000b2}}'::uuid[], 'openings');
SELECT is((SELECT ARRAY[employer_id, site_id] FROM plan), '{e0000000-0000-7000-8000-000000000001,50000000-0000-7000-8000-000000000001}'::uuid[], 'plans');
SELECT is((SELECT array_agg(employer_id) FROM visit), '{e0000000-0000-7000-8000-000000000001,e0000000-0000-7000-8000-000000000001}'::uuid[], 'visits');
SELECT is((SELECT ARRAY[site_id, contact_id] FROM visit WHERE NOT generic), '{50000000-0000-7000-8000-000000000001,0c000000-0000-7000-8000-000000000003}'::uuid[], 'where and whom they met');
SELECT is((SELECT learned FROM visit WHERE NOT generic), 'short of drivers', 'and what was learnt');
SELECT is((SELECT count(*) FROM visit_client), 1::bigint, 'for the same client');
SELECT is((SELECT ARRAY[employer_id, site_id] FROM employer_ref), '{e0000000-0000-7000-8000-000000000001,50000000-0000-7000-8000-000000000001}'::uuid[], 'rows of lists');
SELECT is((SELECT stage FROM relationship WHERE employer_id = :keep AND borough_id = 'E09000022'), 'regular', 'two relationships: the deeper stage');
SELECT is((SELECT lead_id FROM relationship WHERE employer_id = :keep AND borough_id = 'E09000022'), 'b0000000-0000-7000-8000-000000000002', 'the one lead');
SELECT is((SELECT (stance, last_visit_at)::text FROM relationship WHERE employer_id = :keep AND borough_id = 'E09000022'), '(warm,"2026-10-01 10:00:00+00")', 'the later visit with its stance');
SELECT is((SELECT (next_touch_at, next_step)::text FROM relationship WHERE employer_id = :keep AND borough_id = 'E09000022'), '("2026-12-10 10:00:00+00","the earlier one")', 'the earlier next touch with its step');
SELECT is((SELECT stage FROM relationship WHERE employer_id = :keep AND borough_id = 'E09000028'), 'hired', 'a borough that knew one of them keeps what it had');
SELECT is((SELECT count(*) FROM relationship WHERE employer_id = :other), 0::bigint, 'and nothing is left behind');
SELECT is((SELECT objected_on FROM contact WHERE id = '0c000000-0000-7000-8000-000000000001'), '2026-05-01', 'an objection finds the same person among the other''s contacts');
SELECT matches(refused('amira', format('add_contact(%L)', '{"contact": {"employer_id": "e0000000-0000-7000-8000-000000000001", "name": "pat  QUINN", "source": "met", "basis": "consent"}}')), '^CV009 contact: This person objected on 1 May 2026', 'and holds for who comes');

-- The merged id keeps answering.
SELECT is(standing_employer(:other), :keep, 'the merged id stands for the kept one');
SELECT is(standing_employer('e0000000-0000-7000-8000-0000000000ff'), 'e0000000-0000-7000-8000-0000000000ff', 'any other for itself');
SELECT net.request(11) IS NULL AS x \gset
SELECT is(called('amira', format('record_visit(%L) #>> ''{visit,employer}''', '{"visit": {"employer_id": "e0000000-0000-7000-8000-0000000000b2", "generic": true}}')), '"Stockwell Tool Hire"', 'a phone that did not know records its visit');
SELECT is(standing_request('{"site": {"employer_id": "E0000000-0000-7000-8000-0000000000B2"}}', 'site', 'employer_id'), '{"site": {"employer_id": "e0000000-0000-7000-8000-000000000001"}}', 'requests name the kept one');
SELECT is(standing_request('{"site": {}}', 'site', 'employer_id'), '{"site": {}}', 'or stay as they are');
SELECT matches(refused('sam', net.merge('e0000000-0000-7000-8000-000000000002', :other)), '^CV009 merge_id: Stockwell Tools was merged into Stockwell Tool Hire by Amira Shah at ', 'a merged one is not merged again');
SELECT matches(refused('sam', net.merge(:other, 'e0000000-0000-7000-8000-000000000002')), '^CV009 keep_id: Stockwell Tools was merged into Stockwell Tool Hire', 'or into');
SELECT matches(refused('sam', net.merge(:other, :keep)), '^CV009 keep_id: ', 'nor the other way round');
SELECT is(rows_of('sam', format('SELECT FROM timeline(%L, 51, NULL) WHERE sentence = ''Amira Shah merged Stockwell Tools into this employer'' AND kind = ''merged'' AND borough = ''Lambeth''', :keep)), 1::bigint, 'the timeline tells every borough');
SELECT is(rows_of('sam', format('SELECT FROM history(%L, 51, NULL) h WHERE h.entry ->> ''sentence'' = ''Amira Shah (Lambeth) merged Stockwell Tools into it''', jsonb_build_object('employer_id', :keep))), 1::bigint, 'and so does history');
SELECT is(rows_of('sam', format('SELECT FROM history(%L, 51, NULL) h WHERE h.entry ->> ''sentence'' = ''canvass imported it with list demo''', jsonb_build_object('employer_id', :other))), 1::bigint, 'which has what became of both, by either id');
SELECT is(rows_of('nobody', 'SELECT FROM employer_merge'), 0::bigint, 'nobody reads nothing');

-- Taken back: a second pair, merged and nothing since.
SELECT net.keep('again') IS NULL AS x \gset
INSERT INTO employer (id, name) VALUES ('e0000000-0000-7000-8000-0000000000c3', 'Tool Hire Stockwell');
INSERT INTO relationship (employer_id, borough_id, stage, next_touch_at, next_step, updated_by_name) VALUES ('e0000000-0000-7000-8000-0000000000c3', 'E09000022', 'supporter', now(), 'thank them', 'net');
SELECT net.keep('third') IS NULL AS x \gset
SELECT net.request(2) IS NULL AS x \gset
SELECT called('sam', net.merge('e0000000-0000-7000-8000-0000000000c3', :keep)) AS answer \gset
SELECT is(standing_employer(:other), 'e0000000-0000-7000-8000-0000000000c3', 'a merge of a merged one is followed to its end');
SELECT is(:'answer'::jsonb #>> '{employer,name}', 'Tool Hire Stockwell', 'into a third');
SELECT net.keep('merged') IS NULL AS x \gset
SELECT matches(net.undo('bola', 2), '^CV005 undo_id: There is no such request of yours', 'another borough''s lead does not take it back');
SELECT is(net.undo('sam', 2), 'Sam Reid merged Stockwell Tool Hire into it', 'its maker does');
SELECT is(net.since('third'), NULL, 'and all is as it was');
SELECT is(standing_employer(:other), :keep, 'also what had been merged before');
SELECT is((SELECT version FROM employer WHERE id = :keep), (SELECT max((old ->> 'version')::bigint) FROM change WHERE op = 'delete' AND table_name = 'employer' AND row_id = :keep), 'the restored row is what its etag said');
SELECT is(net.undo('sam', NULL), 'Sam Reid took back: merged Stockwell Tool Hire into it', 'undo of the undo');
SELECT is(net.since('merged'), NULL, 'merges again');
SELECT is(net.undo('sam', NULL), 'Sam Reid did again: merged Stockwell Tool Hire into it', 'and that is taken back, too');
SELECT is(net.since('third'), NULL, 'as it was');

-- The first merge: there was a visit since, and it touched the relationship.
SELECT matches(net.undo('amira', 1), '^CV009 undo_id: This cannot be taken back, because since then Amira Shah recorded a visit at [0-9:]+ today\.$', 'what was built on a merge keeps it');

-- From the beginning, without it.
CREATE FUNCTION net.pair(n integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO employer (id, name, open_sites) VALUES (('e1000000-0000-7000-8000-00000000000' || n)::uuid, 'Pair ' || n, 1);
    INSERT INTO site (id, employer_id, address, postcode, closed) VALUES (('51000000-0000-7000-8000-00000000000' || n)::uuid, ('e1000000-0000-7000-8000-00000000000' || n)::uuid, '{5 Acre Lane}', 'SW9 8HE', n = 3);
    INSERT INTO visit (id, borough_id, team_id, employer_id, site_id, at, mode, cup, generic, specialist_id, recorded_by)
        VALUES (('0f100000-0000-7000-8000-00000000000' || n)::uuid, 'E09000022', 'a0000000-0000-7000-8000-000000000001', ('e1000000-0000-7000-8000-00000000000' || n)::uuid,
                ('51000000-0000-7000-8000-00000000000' || n)::uuid, now(), 'phone', 1, true, 'b0000000-0000-7000-8000-000000000001', 'b0000000-0000-7000-8000-000000000001')
$$;
SELECT net.pair(1), net.pair(2), net.pair(3) \gset
UPDATE employer SET open_sites = 0 WHERE name = 'Pair 3';
SELECT net.keep('pairs') IS NULL AS x \gset
SELECT net.request(3) IS NULL AS x \gset
SELECT called('amira', net.merge('e1000000-0000-7000-8000-000000000001', 'e1000000-0000-7000-8000-000000000002')) IS NOT NULL AS x \gset
SELECT is((SELECT array_agg(site_id) FROM visit WHERE employer_id = 'e1000000-0000-7000-8000-000000000001'), '{51000000-0000-7000-8000-000000000001,51000000-0000-7000-8000-000000000001}'::uuid[], 'visits at twin sites');
SELECT is(net.undo('lena', 3), 'Amira Shah merged Pair 2 into it', 'a lead takes back what the team merged');
SELECT is(net.since('pairs'), NULL, 'visits and sites are where they were');
SELECT net.request(4) IS NULL AS x \gset
SELECT called('amira', net.merge('e1000000-0000-7000-8000-000000000001', 'e1000000-0000-7000-8000-000000000003')) IS NOT NULL AS x \gset
SELECT is((SELECT open_sites FROM employer WHERE id = 'e1000000-0000-7000-8000-000000000001'), 1, 'a closed twin comes along, and closes nothing');
SELECT net.request(5) IS NULL AS x \gset
SELECT called('sam', format('update_employer(%L)', '{"employer": {"id": "e1000000-0000-7000-8000-000000000001", "phone": "020 7946 0111"}, "update_mask": ["phone"]}')) IS NOT NULL AS x \gset
SELECT is(net.undo('amira', 4), 'Amira Shah merged Pair 3 into it', 'a later change of what the merge did not touch is no matter');
SELECT is((SELECT phone FROM employer WHERE id = 'e1000000-0000-7000-8000-000000000001'), '020 7946 0111', 'and stays');
UPDATE employer SET phone = NULL WHERE id = 'e1000000-0000-7000-8000-000000000001';
SELECT is(net.since('pairs'), NULL, 'the rest is as it was');
SELECT net.request(6) IS NULL AS x \gset
SELECT called('amira', net.merge('e1000000-0000-7000-8000-000000000001', 'e1000000-0000-7000-8000-000000000002')) IS NOT NULL AS x \gset
SELECT net.request(7) IS NULL AS x \gset
SELECT called('sam', format('record_visit(%L)', '{"visit": {"employer_id": "e1000000-0000-7000-8000-000000000001", "client_ref": "SK-301", "site_id": "51000000-0000-7000-8000-000000000001"}}')) IS NOT NULL AS x \gset
SELECT is(net.undo('amira', 6), 'Amira Shah merged Pair 2 into it', 'nor is a visit to what was kept');
SELECT is((SELECT count(*) FROM standing_visit WHERE employer_id = 'e1000000-0000-7000-8000-000000000001'), 2::bigint, 'which stays there');
SELECT net.request(8) IS NULL AS x \gset
SELECT called('amira', net.merge('e1000000-0000-7000-8000-000000000001', 'e1000000-0000-7000-8000-000000000002')) IS NOT NULL AS x \gset
SELECT net.request(9) IS NULL AS x \gset
SELECT called('sam', format('add_contact(%L)', '{"contact": {"employer_id": "e1000000-0000-7000-8000-000000000001", "name": "Kim Poe", "source": "met", "basis": "consent"}}')) IS NOT NULL AS x \gset
SELECT is(net.undo('amira', 8), 'Amira Shah merged Pair 2 into it', 'nor is what came to the kept one');
SELECT net.request(12) IS NULL AS x \gset
SELECT called('amira', net.merge('e1000000-0000-7000-8000-000000000001', 'e1000000-0000-7000-8000-000000000002')) IS NOT NULL AS x \gset
SELECT net.request(13) IS NULL AS x \gset
SELECT called('amira', format('correct_visit(%L)', '{"visit": {"replaces_id": "0f100000-0000-7000-8000-000000000002", "generic": true, "stance": "warm"}}')) IS NOT NULL AS x \gset
SELECT matches(net.undo('amira', 12), '^CV009 undo_id: This cannot be taken back, because since then Amira Shah put a visit right at [0-9:]+ today\.$', 'a correction of a visit that came along is something that depends');
SELECT is(net.undo('amira', 13), 'Amira Shah put a visit right', 'take that back first');
SELECT is(net.undo('amira', 12), 'Amira Shah merged Pair 2 into it', 'and the merge can go');
SELECT is((SELECT array_agg(DISTINCT employer_id) FROM visit WHERE '0f100000-0000-7000-8000-000000000002' IN (SELECT visit_line(visit))), '{e1000000-0000-7000-8000-000000000002}', 'with the whole line of the visit');

-- What boroughs share, block and learn, and pairs that are two.
SELECT net.pair(5), net.pair(6) \gset
\set five '''e1000000-0000-7000-8000-000000000005'''
\set six '''e1000000-0000-7000-8000-000000000006'''
INSERT INTO contact (id, employer_id, borough_id, name, source, basis, updated_by_name) VALUES
    ('0c100000-0000-7000-8000-000000000001', :six, 'E09000022', 'Kay Lowe', 'met', 'consent', 'net');
INSERT INTO contact_request (id, employer_id, contact_id, owner_id, borough_id, asked_by, asked_by_name, reason) VALUES
    ('06100000-0000-7000-8000-000000000001', :six, NULL, 'E09000022', 'E09000028', 'b0000000-0000-7000-8000-000000000004', 'Sam Reid', 'anybody'),
    ('06100000-0000-7000-8000-000000000003', :five, NULL, 'E09000022', 'E09000028', 'b0000000-0000-7000-8000-000000000004', 'Sam Reid', 'anybody'),
    ('06100000-0000-7000-8000-000000000002', :six, '0c100000-0000-7000-8000-000000000001', 'E09000022', 'E09000028', 'b0000000-0000-7000-8000-000000000004', 'Sam Reid', 'her');
INSERT INTO contact_share (id, contact_id, employer_id, borough_id, to_borough_id, expires_on, given_by, given_by_name) VALUES
    ('05100000-0000-7000-8000-000000000001', '0c100000-0000-7000-8000-000000000001', :six, 'E09000022', 'E09000028', london_today() + 9, 'b0000000-0000-7000-8000-000000000001', 'Amira Shah');
INSERT INTO contact_use (share_id, contact_id, employer_id, owner_id, borough_id, specialist_id, by_name) VALUES
    ('05100000-0000-7000-8000-000000000001', '0c100000-0000-7000-8000-000000000001', :six, 'E09000022', 'E09000028', 'b0000000-0000-7000-8000-000000000004', 'Sam Reid');
INSERT INTO employer_block (employer_id, reason, said_on, borough_id, set_by, set_by_name) VALUES
    (:five, 'the later', '2026-10-02', 'E09000022', 'b0000000-0000-7000-8000-000000000001', 'Amira Shah'),
    (:six, 'the earlier', '2026-10-01', 'E09000028', 'b0000000-0000-7000-8000-000000000004', 'Sam Reid');
INSERT INTO cool_off (employer_id, days, from_on, set_by_name) VALUES (:six, 40, '2026-10-01', 'net');
INSERT INTO lesson (id, employer_id, text, specialist_id, by_name, borough_id) VALUES
    ('1e100000-0000-7000-8000-000000000001', :six, 'Call before eight.', 'b0000000-0000-7000-8000-000000000001', 'Amira Shah', 'E09000022');
INSERT INTO not_duplicate (one, other, by, by_name) VALUES
    (:five, :six, 'b0000000-0000-7000-8000-000000000004', 'Sam Reid'),
    (:keep, :six, 'b0000000-0000-7000-8000-000000000004', 'Sam Reid');
SELECT net.keep('network') IS NULL AS x \gset
SELECT net.request(20) IS NULL AS x \gset
SELECT called('amira', net.merge(:five, :six)) IS NOT NULL AS x \gset
SELECT is((SELECT count(*) FROM contact_request WHERE employer_id = :five), 2::bigint, 'requests come along, and nobody asks twice');
SELECT is((SELECT (s.employer_id, u.employer_id) FROM contact_share s JOIN contact_use u ON u.share_id = s.id), (:five::uuid, :five::uuid), 'shares and their uses follow the contact');
SELECT is((SELECT array_agg(reason) FROM employer_block WHERE employer_id = :five AND lifted_at IS NULL), '{the later}', 'of two blocks that of the kept one stands');
SELECT is((SELECT lifted_reason FROM employer_block WHERE reason = 'the earlier'), 'The employer was merged with another that had asked the same.', 'the other says why not');
SELECT is((SELECT blocked_on FROM employer WHERE id = :five), '2026-10-02', 'and the employer shows it');
SELECT is((cool_off_on(:five, '2026-11-01')).days, 40, 'its cool-off');
SELECT is((SELECT employer_id FROM lesson), :five, 'what was learnt of it');
SELECT is((SELECT array_agg(ARRAY[one, other]) FROM not_duplicate), ARRAY[ARRAY[:keep, :five]]::uuid[], 'another that is not it; the pair itself is one now');
SELECT is(net.undo('amira', 20), 'Amira Shah merged Pair 6 into it', 'taken back');
SELECT is(net.since('network'), NULL, 'all of it is where it was');
SELECT is(net.undo('amira', NULL), 'Amira Shah took back: merged Pair 6 into it', 'merged again');
SELECT is((SELECT count(*) FROM employer_block WHERE employer_id = :five), 2::bigint, 'blocks came again');

SELECT * FROM finish();
ROLLBACK;
