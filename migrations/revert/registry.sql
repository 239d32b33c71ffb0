-- Revert canvass:registry from pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION update_relationship(jsonb);
DROP FUNCTION update_contact(jsonb);
DROP FUNCTION add_contact(jsonb);
DROP FUNCTION check_contact_dates(contact);
DROP FUNCTION spread_objection(uuid);
DROP FUNCTION objected_on(uuid, bytea[]);
DROP FUNCTION person_hashes(text, text, text);
DROP FUNCTION update_site(jsonb);
DROP FUNCTION add_site(jsonb);
DROP FUNCTION update_employer(jsonb);
DROP FUNCTION create_employer(jsonb);
DROP FUNCTION similar_employers(text, text, uuid);
DROP FUNCTION put_site(jsonb, employer, boolean);
DROP FUNCTION tidy_lines(jsonb);
DROP FUNCTION relationship_json(relationship);
DROP FUNCTION contact_json(contact);
DROP FUNCTION site_json(site);
DROP FUNCTION employer_json(employer);

COMMIT;
