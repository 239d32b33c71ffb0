-- Revert canvass:rights from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION purge(jsonb), purge_due(retention_class, timestamptz), release_person(jsonb), hold_person(jsonb),
    hold_json(hold), erase_person(jsonb), n_of(bigint, text, text), erase_contact(uuid),
    erase_client(uuid), stop_before_erasing(uuid), forget_answers(uuid), export_person(jsonb), person_document(person, jsonb),
    said_json(jsonb, text), person_json(person), person_row(jsonb), said_moment(timestamptz), readers_of(person),
    check_not_held(person), person_of(jsonb, boolean), retention_on(retention_class, date);

CREATE OR REPLACE FUNCTION visit_moves() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF to_jsonb(NEW) - '{employer_id,site_id,contact_id}'::text[]
       <> to_jsonb(OLD) - '{employer_id,site_id,contact_id}'::text[]
       OR NOT EXISTS (SELECT FROM change c
                       WHERE c.xid = pg_current_xact_id() AND c.table_name = 'employer_merge') THEN
        PERFORM fail('CV009', '', 'What is in the log of visits stays as it is; put a visit right with '
                                  'a new one.');
    END IF;
    RETURN NEW;
END
$$;

DELETE FROM audit_method WHERE prefix = 'canvass.v1.RightsService/Export';
DROP TYPE person;
DROP TABLE retention_rule, hold;
DROP TYPE retention_class;
ALTER TABLE contact DROP COLUMN erased_at;
ALTER TABLE client DROP COLUMN erased_at;

COMMIT;
