-- Revert canvass:share from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION decline_request(jsonb), grant_request(jsonb), request_to_answer(text), request_contact(jsonb),
    owner_to_ask(uuid, text), withdraw_share(jsonb), share_contact(jsonb), own_contact_of(text, text),
    give_share(uuid, text, uuid, date, text, uuid, uuid), open_contact(jsonb), check_contact_employer(text, uuid), known_contact_of(text, text),
    list_contacts(uuid), contact_request_json(contact_request), share_json(contact_share);
DROP POLICY opened ON contact;
DROP TABLE contact_use;
DROP VIEW standing_share;
DROP TABLE contact_share, contact_request;
DROP FUNCTION colleague_by_email(text), known_contacts(uuid, uuid), leads_of(uuid), leads_relationship(uuid);
ALTER TABLE contact DROP CONSTRAINT contact_borough_key;
DROP FUNCTION share_rule_on(date);
DROP TABLE share_rule;

COMMIT;
