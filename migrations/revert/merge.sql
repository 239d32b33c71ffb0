-- Revert canvass:merge from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION merge_employers(jsonb);
DROP FUNCTION merge_fields(uuid, employer), merge_dismissals(uuid, uuid), merge_network(uuid, uuid), merge_objections(uuid, uuid), merge_relationships(uuid, uuid),
    merge_sites(uuid, uuid), merge_counts(uuid, uuid), merge_twin_sites(uuid, uuid),
    employer_to_merge(uuid, text);

DROP TRIGGER append_only_moves ON visit;
DROP TRIGGER append_only ON visit;
DROP FUNCTION visit_moves();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON visit
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();

CREATE OR REPLACE FUNCTION employer_of(given text, field text) RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    found_id uuid;
BEGIN
    SELECT e.id INTO found_id FROM employer e WHERE e.id = given_id(given, field);
    IF found_id IS NULL THEN
        PERFORM fail('CV005', field, 'There is no such employer.');
    END IF;
    RETURN found_id;
END
$$;

DROP FUNCTION standing_request(jsonb, text[]), standing_employer(uuid);
DELETE FROM change_table WHERE name = 'employer_merge';
DROP TABLE employer_merge;
DROP INDEX plan_employer, contact_request_employer, employer_block_employer, lesson_of_employer;

COMMIT;
