-- Who sees an opening: its borough, boroughs that it names, the network; the policy, the timeline and
-- the audiences that a matcher works with say the same.
BEGIN;
\ir support/network.sql
SELECT plan(33);

INSERT INTO team (id, borough_id, name) VALUES ('a0000000-0000-7000-8000-000000000004', 'E09000007', 'Camden (net)');
INSERT INTO specialist (id, name, email, team_id, borough_id, roles) VALUES
    ('b0000000-0000-7000-8000-000000000008', 'Cal Dean', 'cal@net.example', 'a0000000-0000-7000-8000-000000000004', 'E09000007', '{specialist}');
CREATE FUNCTION net.make(title text, differs jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('create_opening(%L)', jsonb_build_object('opening', jsonb_build_object(
        'employer_id', 'e0000000-0000-7000-8000-000000000001', 'title', title, 'hidden', true) || differs))
$$;
CREATE FUNCTION net.edit(id uuid, mask text, differs jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT format('update_opening(%L)', jsonb_build_object('opening', jsonb_build_object('id', id) || differs, 'update_mask', to_jsonb(string_to_array(mask, ','))))
$$;
CREATE FUNCTION net.seen(who text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(called(who, '(SELECT string_agg(title, '','' ORDER BY title) FROM opening)') #>> '{}', '')
$$;
CREATE FUNCTION net.by_audience(who text) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(o.title, ',' ORDER BY o.title), '') FROM opening o
     WHERE opening_audience(o) IS NULL
        OR opening_audience(o) IN (SELECT value::uuid FROM jsonb_array_elements_text(net.called(who, 'caller_audiences()')))
$$;

SELECT is(called('amira', net.make('Own', '{}')) -> 'borough_ids', NULL, 'unless it is said, an opening is its borough''s');
SELECT is(called('amira', net.make('Net', '{"network": true}')) -> 'network', 'true', 'or the network''s');
SELECT is(called('amira', net.make('Two', '{"borough_ids": ["E09000028"]}')) -> 'boroughs', '["Southwark"]', 'or for boroughs that it names');
SELECT is(called('amira', net.make('Three', '{"borough_ids": ["E09000028", " E09000007", "E09000028"]}')) -> 'borough_ids', '["E09000007", "E09000028"]', 'each once, in order');
SELECT is(called('sam', net.make('Theirs', '{"borough_ids": ["E09000022"]}')) -> 'borough_ids', '["E09000022"]', 'and the other way round');

SELECT is(net.seen('amira'), 'Net,Own,Theirs,Three,Two', 'the own borough sees its own, and what names it');
SELECT is(net.seen('bola'), 'Net,Own,Theirs,Three,Two', 'every team of it');
SELECT is(net.seen('sam'), 'Net,Theirs,Three,Two', 'another what names it');
SELECT is(net.seen('cal'), 'Net,Three', 'a third likewise');
SELECT is(net.seen('adam') || net.seen('nobody'), '', 'an administrator and nobody see none');
SELECT is(net.by_audience(who), net.seen(who), who || ': the audiences say the same as the policy')
  FROM unnest(ARRAY['amira', 'bola', 'sam', 'cal']) AS who;
SELECT is(called('nobody', 'caller_audiences()'), '[]', 'nobody belongs to none');
SELECT is(called('amira', '(caller_audiences())[1]'), called('amira', 'borough_audience(borough())'), 'the own borough''s comes first');
SELECT is((SELECT count(*) FROM audience), 2::bigint, 'Lambeth and Southwark are one audience, whoever names whom');
SELECT is(called('cal', 'ARRAY(SELECT sentence FROM timeline(''e0000000-0000-7000-8000-000000000001'', 51, NULL) WHERE kind = ''opening'' ORDER BY sentence)'),
    '["Amira Shah (Lambeth) noted a lead: Net", "Amira Shah (Lambeth) noted a lead: Three"]'::jsonb, 'the timeline shows what the caller may see');
SELECT is(called(who, 'ARRAY(SELECT o.title FROM opening o WHERE opening_is_seen(o) ORDER BY 1)'), to_jsonb(string_to_array(net.seen(who), ',')), who || ': what runs as the owner asks the same')
  FROM unnest(ARRAY['amira', 'cal']) AS who;

-- Not one's own, not one that is not there, not both.
SELECT is(refused('amira', net.make('x', '{"borough_ids": ["E09000022"]}')), 'CV003 opening.borough_ids: Your own borough sees it as it is; name others.', 'with oneself');
SELECT is(refused('amira', net.make('x', '{"borough_ids": ["E09000099"]}')), 'CV003 opening.borough_ids: No borough has the code "E09000099"; London''s are E09000001 to E09000033.', 'a borough that does not exist');
SELECT is(refused('amira', net.make('x', '{"borough_ids": [""]}')), 'CV003 opening.borough_ids: No borough has the code ""; London''s are E09000001 to E09000033.', 'an empty one');
SELECT matches(refused('amira', net.make('x', '{"borough_ids": ["E09000028"], "network": true}')), '^23514 opening.borough_ids: An opening for the network is seen by every borough', 'boroughs and the network');

-- Changing it.
SELECT id AS two FROM opening WHERE title = 'Two' \gset
SELECT is(refused('sam', net.edit(:'two', 'borough_ids', '{}')), 'CV007 opening.id: This opening belongs to Lambeth; only they can change it.', 'who sees it does not change it');
SELECT is(tried('sam', 'UPDATE opening SET places = 3 WHERE title = ''Two'''), '0 rows', 'nor around the function');
SELECT is(called('amira', net.edit(:'two', 'borough_ids', '{"borough_ids": ["E09000007"]}')) -> 'boroughs', '["Camden"]', 'named anew');
SELECT is(net.seen('sam') || ' ' || net.seen('cal'), 'Net,Theirs,Three Net,Three,Two', 'it is seen by others');
SELECT is(called('amira', net.edit(:'two', 'network', '{"network": true}')) -> 'borough_ids', NULL, 'for the network, and names nobody');
SELECT matches(refused('amira', net.edit(:'two', 'borough_ids', '{"borough_ids": ["E09000007"]}')), '^23514 opening.borough_ids: ', 'of the network it is not narrowed by the way');
SELECT is(called('amira', net.edit(:'two', 'network,borough_ids', '{"borough_ids": ["E09000007"]}')) -> 'boroughs', '["Camden"]', 'but by saying so');
SELECT is(called('amira', net.edit(:'two', 'borough_ids', '{}')) -> 'borough_ids', NULL, 'the borough''s own again');
SELECT is((SELECT audience FROM catalogue_opening WHERE id = :'two'), (SELECT opening_audience(o) FROM opening o WHERE id = :'two'), 'for the matcher as well');

SELECT * FROM finish();
ROLLBACK;
