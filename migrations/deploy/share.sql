-- Deploy canvass:share to pg

-- Sharing people to talk to. That somebody is known at an employer, by job and borough, is the
-- network's to know; who it is stays the borough's until shared with another borough, or one person
-- of it, until a day. A share is not read: it is used. The policy "opened" of contact shows another
-- borough's row only to who has written, in this very transaction, a row of contact_use under a
-- share that stands; the owner lists those rows. So nothing can read the details without a trace,
-- and a share that was withdrawn or has run out gives nothing from the next statement on.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TABLE share_rule (
    effective_from date PRIMARY KEY,
    -- A share without a last day has this many, today included.
    default_days   integer NOT NULL,
    max_days       integer NOT NULL,
    CONSTRAINT share_rule_days CHECK (default_days BETWEEN 1 AND max_days AND max_days <= 1000)
);
COMMENT ON TABLE share_rule IS 'How long shares of contacts last, by date of effect.';
INSERT INTO share_rule (effective_from, default_days, max_days) VALUES ('2026-01-01', 90, 366);

CREATE FUNCTION share_rule_on(d date) RETURNS share_rule
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT r FROM share_rule r WHERE r.effective_from <= d ORDER BY r.effective_from DESC LIMIT 1
$$;

-- So that what hangs on a contact insists on its employer and borough, and follows it to the
-- employer that it is merged into.
ALTER TABLE contact ADD CONSTRAINT contact_borough_key UNIQUE (id, employer_id, borough_id);

CREATE TABLE contact_request (
    id               uuid PRIMARY KEY DEFAULT uuid_v7(),
    employer_id      uuid NOT NULL REFERENCES employer,
    -- NULL: whoever the owner finds right.
    contact_id       uuid,
    owner_id         text COLLATE "C" NOT NULL REFERENCES borough,
    borough_id       text COLLATE "C" NOT NULL REFERENCES borough,
    asked_by         uuid NOT NULL,
    asked_by_name    text NOT NULL,
    asked_at         timestamptz NOT NULL DEFAULT now(),
    reason           text NOT NULL,
    granted          boolean,
    answer           text,
    answered_at      timestamptz,
    answered_by      uuid,
    answered_by_name text,
    CONSTRAINT contact_request_of_contact FOREIGN KEY (contact_id, employer_id, owner_id)
        REFERENCES contact (id, employer_id, borough_id) ON UPDATE CASCADE,
    CONSTRAINT contact_request_by_borough FOREIGN KEY (asked_by, borough_id) REFERENCES specialist (id, borough_id),
    CONSTRAINT contact_request_of_another CHECK (owner_id <> borough_id),
    CONSTRAINT contact_request_reason_length CHECK (char_length(reason) BETWEEN 1 AND 500),
    CONSTRAINT contact_request_answer_length CHECK (char_length(answer) BETWEEN 1 AND 500),
    CONSTRAINT contact_request_answer_whole CHECK (
        num_nulls(granted, answered_at, answered_by, answered_by_name) IN (0, 4)),
    CONSTRAINT contact_request_declined_why CHECK (granted IS DISTINCT FROM false OR answer IS NOT NULL)
);
CREATE UNIQUE INDEX contact_request_once ON contact_request
    (asked_by, employer_id, owner_id, coalesce(contact_id, employer_id)) WHERE answered_at IS NULL;
CREATE INDEX contact_request_owner ON contact_request (owner_id, asked_at DESC, id DESC);
CREATE INDEX contact_request_asker ON contact_request (asked_by, asked_at DESC, id DESC);
COMMENT ON TABLE contact_request IS 'Somebody of another borough asks for a person''s details.';
COMMENT ON CONSTRAINT contact_request_pkey ON contact_request IS 'id: There is a request with this id already.';
COMMENT ON CONSTRAINT contact_request_of_another ON contact_request IS 'owner_borough_id: Your own borough keeps this contact; you see the details already.';
COMMENT ON CONSTRAINT contact_request_reason_length ON contact_request IS 'reason: Say in 1 to 500 characters what you need the contact for.';
COMMENT ON CONSTRAINT contact_request_answer_length ON contact_request IS 'reason: Keep the reason to 500 characters.';
COMMENT ON CONSTRAINT contact_request_declined_why ON contact_request IS 'reason: Say why, so that the colleague knows what would help.';
COMMENT ON INDEX contact_request_once IS 'contact_id: You have asked for this already, and it is not answered yet.';

CREATE TABLE contact_share (
    id                 uuid PRIMARY KEY DEFAULT uuid_v7(),
    contact_id         uuid NOT NULL,
    employer_id        uuid NOT NULL,
    borough_id         text COLLATE "C" NOT NULL,
    to_borough_id      text COLLATE "C" NOT NULL CONSTRAINT contact_share_borough_known REFERENCES borough,
    -- NULL: everybody of that borough.
    to_specialist_id   uuid,
    -- The last day.
    expires_on         date NOT NULL,
    condition          text,
    contact_request_id uuid REFERENCES contact_request,
    given_at           timestamptz NOT NULL DEFAULT now(),
    given_by           uuid NOT NULL,
    given_by_name      text NOT NULL,
    withdrawn_at       timestamptz,
    withdrawn_by       uuid,
    withdrawn_by_name  text,
    CONSTRAINT contact_share_of_contact FOREIGN KEY (contact_id, employer_id, borough_id)
        REFERENCES contact (id, employer_id, borough_id) ON UPDATE CASCADE,
    CONSTRAINT contact_share_person_of_borough FOREIGN KEY (to_specialist_id, to_borough_id)
        REFERENCES specialist (id, borough_id),
    CONSTRAINT contact_share_key UNIQUE (id, contact_id, employer_id, borough_id),
    CONSTRAINT contact_share_with_another CHECK (to_borough_id <> borough_id),
    CONSTRAINT contact_share_condition_length CHECK (char_length(condition) BETWEEN 1 AND 200),
    CONSTRAINT contact_share_withdrawn_whole CHECK (num_nulls(withdrawn_at, withdrawn_by, withdrawn_by_name) IN (0, 3))
);
CREATE UNIQUE INDEX contact_share_one_stands ON contact_share
    (contact_id, to_borough_id, coalesce(to_specialist_id, contact_id)) WHERE withdrawn_at IS NULL;
CREATE INDEX contact_share_given ON contact_share (borough_id, given_at DESC, id DESC);
CREATE INDEX contact_share_received ON contact_share (to_borough_id, given_at DESC, id DESC) WHERE withdrawn_at IS NULL;
COMMENT ON TABLE contact_share IS 'Who may see a contact''s details beside their borough, and until when.';
COMMENT ON CONSTRAINT contact_share_pkey ON contact_share IS 'id: There is a share with this id already.';
COMMENT ON CONSTRAINT contact_share_borough_known ON contact_share IS 'to_borough_id: No borough has this code; London''s are E09000001 to E09000033.';
COMMENT ON CONSTRAINT contact_share_with_another ON contact_share IS 'to_borough_id: Your own borough sees its contacts as it is; name another one.';
COMMENT ON CONSTRAINT contact_share_condition_length ON contact_share IS 'condition: Keep the condition to 200 characters, like "ring me first".';
COMMENT ON INDEX contact_share_one_stands IS 'contact_id: A colleague shared this with the same a moment ago; look at that share first.';

CREATE VIEW standing_share WITH (security_invoker = true) AS
    SELECT s.* FROM contact_share s
     WHERE s.withdrawn_at IS NULL AND s.expires_on >= (SELECT london_today());
COMMENT ON VIEW standing_share IS 'Shares that give something now: neither withdrawn nor run out.';

CREATE TABLE contact_use (
    id            uuid PRIMARY KEY DEFAULT uuid_v7(),
    share_id      uuid NOT NULL,
    contact_id    uuid NOT NULL,
    employer_id   uuid NOT NULL,
    owner_id      text COLLATE "C" NOT NULL,
    borough_id    text COLLATE "C" NOT NULL REFERENCES borough,
    specialist_id uuid NOT NULL,
    by_name       text NOT NULL,
    -- The moment at which the transaction began, which no caller chooses.
    at            timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT contact_use_of_share FOREIGN KEY (share_id, contact_id, employer_id, owner_id)
        REFERENCES contact_share (id, contact_id, employer_id, borough_id) ON UPDATE CASCADE,
    CONSTRAINT contact_use_by_borough FOREIGN KEY (specialist_id, borough_id) REFERENCES specialist (id, borough_id)
);
CREATE INDEX contact_use_owner ON contact_use (owner_id, at DESC, id DESC);
CREATE INDEX contact_use_opened ON contact_use (contact_id, specialist_id, at);
COMMENT ON TABLE contact_use IS 'Each time that another borough opened a contact''s details. Rows are added, never changed.';

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['share_rule', 'contact_request', 'contact_share', 'contact_use'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
    END LOOP;
END
$$;

-- ---- who leads, and what the network may know of a contact ----

-- Whether the caller speaks for their borough about an employer.
CREATE FUNCTION leads_relationship(employer uuid) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN has_role('lead')
        OR EXISTS (SELECT FROM relationship r WHERE r.employer_id = leads_relationship.employer
                      AND r.borough_id = borough() AND r.lead_id = actor());
END
$$;
COMMENT ON FUNCTION leads_relationship(uuid) IS
    'The caller leads their borough''s relationship with this employer, or is a lead of the borough.';

CREATE FUNCTION leads_of(employer uuid)
RETURNS TABLE (borough_id text, borough text, lead_id uuid, lead text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT r.borough_id, b.name, r.lead_id, s.name
          FROM relationship r
          JOIN borough b ON b.id = r.borough_id
          JOIN specialist s ON s.id = r.lead_id
         WHERE r.employer_id = leads_of.employer AND has_role('specialist', 'lead')
         ORDER BY r.borough_id <> borough(), b.name;
END
$$;
COMMENT ON FUNCTION leads_of(uuid) IS
    'Who leads the relationship with an employer in each borough; nothing else of a relationship crosses.';

-- Of an employer, or one of them. Never a name, a number or an address.
CREATE FUNCTION known_contacts(of_employer uuid, one uuid DEFAULT NULL)
RETURNS TABLE (id uuid, employer_id uuid, borough_id text, borough text, job text, hires boolean,
               objected_on date)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT c.id, c.employer_id, c.borough_id, b.name, c.job, c.hires, c.objected_on
          FROM contact c JOIN borough b ON b.id = c.borough_id
         WHERE (c.employer_id = of_employer OR c.id = one) AND has_role('specialist', 'lead');
END
$$;
COMMENT ON FUNCTION known_contacts(uuid, uuid) IS
    'What every borough may know of contacts: that they exist, their job, whose they are, and whether they objected.';

-- For sharing with one person: whoever knows a colleague's whole address.
CREATE FUNCTION colleague_by_email(given text) RETURNS TABLE (id uuid, borough_id text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT s.id, s.borough_id FROM specialist s
         WHERE lower(s.email) = lower(tidy(given)) AND s.active
           AND s.roles && '{specialist,lead}'::role[] AND has_role('specialist', 'lead');
END
$$;

-- ---- policies ----

CREATE POLICY callers ON share_rule FOR SELECT TO canvass_app
    USING ((SELECT canvass.actor()) IS NOT NULL);

CREATE POLICY both_sides ON contact_request FOR SELECT TO canvass_app
    USING ((owner_id = (SELECT canvass.borough()) OR asked_by = (SELECT canvass.actor()))
           AND (SELECT canvass.has_role('specialist', 'lead')));
CREATE POLICY ask ON contact_request FOR INSERT TO canvass_app
    WITH CHECK (asked_by = (SELECT canvass.actor()) AND borough_id = (SELECT canvass.borough())
                AND answered_at IS NULL AND (SELECT canvass.has_role('specialist', 'lead')));
CREATE POLICY answer ON contact_request FOR UPDATE TO canvass_app
    USING (owner_id = (SELECT canvass.borough()) AND answered_at IS NULL
           AND (SELECT canvass.has_role('specialist', 'lead'))
           AND canvass.leads_relationship(employer_id))
    WITH CHECK (owner_id = (SELECT canvass.borough()) AND answered_by = (SELECT canvass.actor()));

CREATE POLICY given ON contact_share FOR SELECT TO canvass_app
    USING (borough_id = (SELECT canvass.borough()) AND (SELECT canvass.has_role('specialist', 'lead')));
CREATE POLICY received ON contact_share FOR SELECT TO canvass_app
    USING (to_borough_id = (SELECT canvass.borough())
           AND coalesce(to_specialist_id, (SELECT canvass.actor())) = (SELECT canvass.actor())
           AND withdrawn_at IS NULL AND expires_on >= (SELECT canvass.london_today())
           AND (SELECT canvass.has_role('specialist', 'lead')));
CREATE POLICY give ON contact_share FOR INSERT TO canvass_app
    WITH CHECK (borough_id = (SELECT canvass.borough()) AND given_by = (SELECT canvass.actor())
                AND (SELECT canvass.has_role('specialist', 'lead'))
                AND canvass.leads_relationship(employer_id));
CREATE POLICY withdraw ON contact_share FOR UPDATE TO canvass_app
    USING (borough_id = (SELECT canvass.borough()) AND withdrawn_at IS NULL
           AND (SELECT canvass.has_role('specialist', 'lead'))
           AND (given_by = (SELECT canvass.actor()) OR canvass.leads_relationship(employer_id)))
    WITH CHECK (borough_id = (SELECT canvass.borough()) AND withdrawn_by = (SELECT canvass.actor()));

CREATE POLICY owner_sees ON contact_use FOR SELECT TO canvass_app
    USING ((owner_id = (SELECT canvass.borough()) OR specialist_id = (SELECT canvass.actor()))
           AND (SELECT canvass.has_role('specialist', 'lead')));
CREATE POLICY open ON contact_use FOR INSERT TO canvass_app
    WITH CHECK (specialist_id = (SELECT canvass.actor()) AND borough_id = (SELECT canvass.borough())
                AND owner_id <> (SELECT canvass.borough())
                AND (SELECT canvass.has_role('specialist', 'lead'))
                AND EXISTS (SELECT FROM canvass.standing_share s WHERE s.id = share_id));

CREATE POLICY opened ON contact FOR SELECT TO canvass_app
    USING (objected_on IS NULL
           AND EXISTS (SELECT FROM canvass.contact_use u JOIN canvass.standing_share s ON s.id = u.share_id
                        WHERE u.contact_id = contact.id
                          AND u.specialist_id = (SELECT canvass.actor()) AND u.at = now()));

GRANT SELECT ON share_rule, contact_request, contact_share, standing_share, contact_use TO canvass_app;
GRANT INSERT ON contact_request, contact_share TO canvass_app;
GRANT INSERT (id, share_id, contact_id, employer_id, owner_id, borough_id, specialist_id, by_name)
    ON contact_use TO canvass_app;
GRANT UPDATE (granted, answer, answered_at, answered_by, answered_by_name) ON contact_request TO canvass_app;
GRANT UPDATE (withdrawn_at, withdrawn_by, withdrawn_by_name) ON contact_share TO canvass_app;

-- ---- messages ----

CREATE FUNCTION share_json(s contact_share) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(
            'id', s.id, 'contact_id', s.contact_id, 'contact', c.name, 'job', k.job,
            'employer_id', s.employer_id, 'employer', e.name,
            'borough_id', s.borough_id, 'borough', k.borough,
            'given_by', s.given_by_name, 'given_at', s.given_at,
            'to_borough_id', s.to_borough_id, 'to_borough', b.name,
            'to_specialist_id', s.to_specialist_id, 'to_specialist', specialist_name(s.to_specialist_id),
            'expires_on', s.expires_on, 'condition', s.condition,
            'contact_request_id', s.contact_request_id,
            'withdrawn_at', s.withdrawn_at, 'withdrawn_by', s.withdrawn_by_name,
            'uses', (SELECT nullif(count(*), 0) FROM contact_use u WHERE u.share_id = s.id)))
          FROM employer e
          JOIN borough b ON b.id = s.to_borough_id
          LEFT JOIN contact c ON c.id = s.contact_id AND c.borough_id = borough()
         CROSS JOIN known_contacts(NULL, s.contact_id) AS k
         WHERE e.id = s.employer_id);
END
$$;
COMMENT ON FUNCTION share_json(contact_share) IS
    'A share as message canvass.v1.Share; the contact''s name only for the borough that gives.';

CREATE FUNCTION contact_request_json(r contact_request) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(
            'id', r.id, 'employer_id', r.employer_id, 'employer', e.name,
            'contact_id', r.contact_id, 'contact', c.name,
            'job', (SELECT k.job FROM known_contacts(NULL, r.contact_id) AS k),
            'owner_borough_id', r.owner_id, 'owner_borough', o.name,
            'lead', (SELECT l.lead FROM leads_of(r.employer_id) AS l WHERE l.borough_id = r.owner_id),
            'borough_id', r.borough_id, 'borough', b.name, 'asked_by', r.asked_by_name,
            'asked_at', r.asked_at, 'reason', r.reason,
            'status', CASE WHEN r.granted IS NULL THEN 'waiting'
                           WHEN r.granted THEN 'granted' ELSE 'declined' END,
            'answer', r.answer, 'answered_at', r.answered_at, 'answered_by', r.answered_by_name))
          FROM employer e
          JOIN borough o ON o.id = r.owner_id
          JOIN borough b ON b.id = r.borough_id
          LEFT JOIN contact c ON c.id = r.contact_id AND c.borough_id = borough()
         WHERE e.id = r.employer_id);
END
$$;
COMMENT ON FUNCTION contact_request_json(contact_request) IS 'A request as message canvass.v1.ContactRequest.';

-- Own contacts as they are; of the others what the network may know, and under which share the
-- caller could open one.
CREATE FUNCTION list_contacts(employer uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN jsonb_build_object(
        'contacts', (SELECT coalesce(jsonb_agg(contact_json(c) ORDER BY c.hires DESC, c.name, c.id), '[]')
                       FROM contact c
                      WHERE c.employer_id = list_contacts.employer AND c.borough_id = borough()),
        'others', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                           'id', k.id, 'job', k.job, 'hires', k.hires, 'borough_id', k.borough_id,
                           'borough', k.borough, 'lead', l.lead, 'objected_on', k.objected_on,
                           'shared_until', s.expires_on, 'condition', s.condition,
                           'shared_by', s.given_by_name))
                           ORDER BY k.borough, k.hires DESC, k.job, k.id), '[]')
                     FROM known_contacts(list_contacts.employer) AS k
                     LEFT JOIN leads_of(list_contacts.employer) AS l ON l.borough_id = k.borough_id
                     LEFT JOIN LATERAL (SELECT * FROM standing_share s
                                         WHERE s.contact_id = k.id AND k.objected_on IS NULL
                                         ORDER BY s.expires_on DESC, s.id LIMIT 1) AS s ON true
                    WHERE k.borough_id <> borough()));
END
$$;
COMMENT ON FUNCTION list_contacts(uuid) IS 'EmployerService/ListContacts: the whole response.';

-- ---- asking, giving, taking back, using ----

-- The contact that a request names, as the network knows it.
CREATE FUNCTION known_contact_of(given text, field text,
                                 OUT id uuid, OUT employer_id uuid, OUT borough_id text,
                                 OUT borough text, OUT job text, OUT objected_on date)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    SELECT k.id, k.employer_id, k.borough_id, k.borough, k.job, k.objected_on
      INTO id, employer_id, borough_id, borough, job, objected_on
      FROM known_contacts(NULL, given_id(given, field)) AS k;
    IF id IS NULL THEN
        PERFORM fail('CV005', field, 'There is no such contact.');
    ELSIF objected_on IS NOT NULL THEN
        PERFORM fail('CV009', field, 'This person objected on %s; nobody may contact them, in any borough.',
                     said_date(objected_on));
    END IF;
END
$$;
COMMENT ON FUNCTION known_contact_of(text, text) IS
    'A contact of any borough; CV005 where there is none, CV009 where the person objected.';

-- Where a request names the employer as well, the contact is one of theirs.
CREATE FUNCTION check_contact_employer(given text, of_employer uuid) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF coalesce(tidy(given), of_employer::text) <> of_employer::text THEN
        PERFORM fail('CV003', 'contact_id', 'This employer has no such contact.');
    END IF;
END
$$;

CREATE FUNCTION open_contact(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    k record := known_contact_of(request ->> 'contact_id', 'contact_id');
    s standing_share;
BEGIN
    PERFORM check_contact_employer(request ->> 'employer_id', k.employer_id);
    IF k.borough_id <> borough() THEN
        SELECT * INTO s FROM standing_share x WHERE x.contact_id = k.id
         ORDER BY x.expires_on DESC, x.id LIMIT 1;
        IF s.id IS NULL THEN
            PERFORM fail('CV007', 'contact_id', '%s keeps this contact and does not share it with you now; ask for it.', k.borough);
        END IF;
        INSERT INTO contact_use (share_id, contact_id, employer_id, owner_id, borough_id, specialist_id, by_name)
            VALUES (s.id, s.contact_id, s.employer_id, s.borough_id, borough(), actor(), actor_name());
    END IF;
    -- What is only checked leaves no trace, so it shows nobody.
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'contact', CASE WHEN (request ->> 'validate_only')::boolean IS NOT TRUE
                        THEN (SELECT contact_json(c) FROM contact c WHERE c.id = k.id) END,
        'borough', k.borough,
        'share', CASE WHEN s.id IS NOT NULL
                      THEN (SELECT share_json(x) FROM contact_share x WHERE x.id = s.id) - 'uses' END));
END
$$;
COMMENT ON FUNCTION open_contact(jsonb) IS 'ShareService/OpenContact: the whole response. Leaves a row that the owner lists.';

-- A share to somebody who is named by @to_borough alone, or by @to_specialist of it. What stood for
-- the same is withdrawn: the newest says until when.
CREATE FUNCTION give_share(of_contact uuid, to_borough text, to_specialist uuid, last_day date,
                           on_condition text, for_request uuid, chosen uuid)
RETURNS contact_share
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    rule share_rule := share_rule_on(london_today());
    c contact;
    made contact_share;
BEGIN
    -- Two who share the same contact wait for each other here.
    SELECT * INTO c FROM contact x WHERE x.id = of_contact AND x.borough_id = borough() FOR NO KEY UPDATE;
    last_day := coalesce(last_day, london_today() + rule.default_days - 1);
    IF NOT leads_relationship(c.employer_id) THEN
        PERFORM fail('CV007', 'contact_id', 'Sharing is for %s to decide.',
                     coalesce((SELECT l.lead || ', who leads here, or a lead of your borough'
                                 FROM leads_of(c.employer_id) AS l WHERE l.borough_id = borough()),
                              'a lead of your borough'));
    ELSIF c.objected_on IS NOT NULL THEN
        PERFORM fail('CV009', 'contact_id', 'This person objected on %s; nobody may contact them, in any borough.',
                     said_date(c.objected_on));
    ELSIF last_day < london_today() THEN
        PERFORM fail('CV003', 'expires_on', '%s has passed; give the last day of the share.', said_date(last_day));
    ELSIF last_day >= london_today() + rule.max_days THEN
        PERFORM fail('CV003', 'expires_on', 'A share lasts at most %s days; share again when it ends.', rule.max_days::text);
    END IF;
    UPDATE contact_share s
       SET withdrawn_at = now(), withdrawn_by = actor(), withdrawn_by_name = actor_name()
     WHERE s.contact_id = c.id AND s.to_borough_id = to_borough
       AND s.to_specialist_id IS NOT DISTINCT FROM to_specialist AND s.withdrawn_at IS NULL;
    INSERT INTO contact_share (id, contact_id, employer_id, borough_id, to_borough_id, to_specialist_id,
                               expires_on, condition, contact_request_id, given_by, given_by_name)
        VALUES (chosen, c.id, c.employer_id, c.borough_id, to_borough, to_specialist,
                last_day, text_without_client(on_condition, 'condition'), for_request, actor(), actor_name())
        RETURNING * INTO made;
    RETURN made;
END
$$;

-- The own borough's contact that a request names.
CREATE FUNCTION own_contact_of(given text, field text) RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    found_id uuid;
BEGIN
    SELECT c.id INTO found_id FROM contact c
     WHERE c.id = given_id(given, field) AND c.borough_id = borough();
    IF found_id IS NULL THEN
        PERFORM fail('CV005', field, 'Your borough has no such contact.');
    END IF;
    RETURN found_id;
END
$$;

CREATE FUNCTION share_contact(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    of_contact uuid := own_contact_of(request ->> 'contact_id', 'contact_id');
    to_borough text := tidy(request ->> 'to_borough_id');
    person record;
BEGIN
    PERFORM check_contact_employer(request ->> 'employer_id', c.employer_id) FROM contact c WHERE c.id = of_contact;
    IF tidy(request ->> 'to_email') IS NOT NULL THEN
        SELECT * INTO person FROM colleague_by_email(request ->> 'to_email');
        IF NOT FOUND THEN
            PERFORM fail('CV005', 'to_email', 'No colleague has this work address.');
        ELSIF person.borough_id <> coalesce(to_borough, person.borough_id) THEN
            PERFORM fail('CV003', 'to_borough_id', 'This colleague is not of that borough; name one of the two.');
        END IF;
        to_borough := person.borough_id;
        IF to_borough = borough() THEN
            PERFORM fail('CV003', 'to_email', 'Your own borough sees its contacts as it is; name somebody of another.');
        END IF;
        RETURN share_json(give_share(of_contact, to_borough, person.id, (request ->> 'expires_on')::date,
                                     request ->> 'condition', NULL, chosen_id(request ->> 'id', 'id')));
    ELSIF to_borough IS NULL THEN
        PERFORM fail('CV003', 'to_borough_id', 'Say with whom: a borough, or one person''s work address.');
    END IF;
    RETURN share_json(give_share(of_contact, to_borough, NULL, (request ->> 'expires_on')::date,
                                 request ->> 'condition', NULL, chosen_id(request ->> 'id', 'id')));
END
$$;
COMMENT ON FUNCTION share_contact(jsonb) IS 'ShareService/ShareContact: the share.';

CREATE FUNCTION withdraw_share(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    s contact_share;
BEGIN
    SELECT * INTO s FROM contact_share x
     WHERE x.id = given_id(request ->> 'share_id', 'share_id') AND x.borough_id = borough();
    IF s.id IS NULL THEN
        PERFORM fail('CV005', 'share_id', 'Your borough has given no such share.');
    ELSIF s.withdrawn_at IS NOT NULL THEN
        PERFORM fail('CV009', 'share_id', '%s withdrew this %s.', s.withdrawn_by_name, said_when(s.withdrawn_at));
    END IF;
    UPDATE contact_share x
       SET withdrawn_at = now(), withdrawn_by = actor(), withdrawn_by_name = actor_name()
     WHERE x.id = s.id AND x.withdrawn_at IS NULL
    RETURNING x.* INTO s;
    IF NOT FOUND THEN
        SELECT * INTO s FROM contact_share x WHERE x.id = given_id(request ->> 'share_id', 'share_id');
        IF s.withdrawn_at IS NOT NULL THEN
            PERFORM fail('CV009', 'share_id', '%s withdrew this %s.', s.withdrawn_by_name, said_when(s.withdrawn_at));
        END IF;
        PERFORM fail('CV007', 'share_id', 'Only %s, who leads here, or a lead of your borough can withdraw this.',
                     concat_ws(' or ', s.given_by_name, (SELECT l.lead FROM leads_of(s.employer_id) AS l
                                WHERE l.borough_id = borough() AND l.lead_id <> s.given_by)));
    END IF;
    RETURN share_json(s);
END
$$;
COMMENT ON FUNCTION withdraw_share(jsonb) IS 'ShareService/WithdrawShare: the share.';

-- Whom to ask where no contact is named: the one borough that knows somebody there.
CREATE FUNCTION owner_to_ask(employer uuid, given text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    ids text[];
    names text;
BEGIN
    SELECT array_agg(x.borough_id ORDER BY x.borough), string_agg(x.borough, ', ' ORDER BY x.borough)
      INTO ids, names
      FROM (SELECT DISTINCT k.borough_id, k.borough FROM known_contacts(owner_to_ask.employer) AS k
             WHERE k.objected_on IS NULL AND k.borough_id <> borough()) AS x;
    IF ids IS NULL THEN
        PERFORM fail('CV009', 'employer_id', 'No other borough knows anybody there who may be contacted.');
    ELSIF tidy(given) IS NULL AND cardinality(ids) > 1 THEN
        PERFORM fail('CV003', 'owner_borough_id', 'Say which borough to ask; these know somebody there: %s.', names);
    ELSIF tidy(given) = borough() THEN
        RETURN borough();  -- the constraint says it
    ELSIF tidy(given) <> ALL (ids) THEN
        PERFORM fail('CV003', 'owner_borough_id', 'That borough knows nobody there who may be contacted; these do: %s.', names);
    END IF;
    RETURN coalesce(tidy(given), ids[1]);
END
$$;

CREATE FUNCTION request_contact(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    k record;
    of_employer uuid;
    owner text;
    until date;
    made contact_request;
BEGIN
    IF tidy(request ->> 'contact_id') IS NOT NULL THEN
        k := known_contact_of(request ->> 'contact_id', 'contact_id');
        of_employer := k.employer_id;
        owner := k.borough_id;
        PERFORM check_contact_employer(request ->> 'employer_id', of_employer);
        SELECT max(s.expires_on) INTO until FROM standing_share s WHERE s.contact_id = k.id AND s.borough_id <> borough();
        IF until IS NOT NULL THEN
            PERFORM fail('CV009', 'contact_id', 'This contact is shared with you until %s; open it.', said_date(until));
        END IF;
    ELSE
        of_employer := employer_of(request ->> 'employer_id', 'employer_id');
        owner := owner_to_ask(of_employer, request ->> 'owner_borough_id');
    END IF;
    INSERT INTO contact_request (id, employer_id, contact_id, owner_id, borough_id, asked_by, asked_by_name, reason)
        VALUES (chosen_id(request ->> 'id', 'id'), of_employer, nullif(request ->> 'contact_id', '')::uuid, owner,
                borough(), actor(), actor_name(), coalesce(text_without_client(request ->> 'reason', 'reason'), ''))
        RETURNING * INTO made;
    RETURN contact_request_json(made);
END
$$;
COMMENT ON FUNCTION request_contact(jsonb) IS 'ShareService/RequestContact: the request.';

-- The request of that id for answering, locked.
CREATE FUNCTION request_to_answer(given text) RETURNS contact_request
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    wanted uuid := given_id(given, 'contact_request_id');
    r contact_request;
BEGIN
    -- The policy shows for locking what the caller may answer; anything else is told why not.
    SELECT * INTO r FROM contact_request x WHERE x.id = wanted FOR NO KEY UPDATE;
    IF FOUND THEN
        RETURN r;
    END IF;
    SELECT * INTO r FROM contact_request x WHERE x.id = wanted AND x.owner_id = borough();
    IF r.id IS NULL THEN
        PERFORM fail('CV005', 'contact_request_id', 'Your borough has no such request.');
    ELSIF r.answered_at IS NOT NULL THEN
        PERFORM fail('CV009', 'contact_request_id', '%s %s this %s.', r.answered_by_name,
                     CASE WHEN r.granted THEN 'granted' ELSE 'declined' END, said_when(r.answered_at));
    END IF;
    PERFORM fail('CV007', 'contact_request_id', 'This is for %s to answer.',
                 coalesce((SELECT l.lead || ', who leads here, or a lead of your borough'
                             FROM leads_of(r.employer_id) AS l WHERE l.borough_id = borough()),
                          'a lead of your borough'));
END
$$;

CREATE FUNCTION grant_request(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    r contact_request := request_to_answer(request ->> 'contact_request_id');
    of_contact uuid := r.contact_id;
    known integer;
    s contact_share;
BEGIN
    IF tidy(request ->> 'contact_id') IS NOT NULL THEN
        of_contact := own_contact_of(request ->> 'contact_id', 'contact_id');
        IF NOT EXISTS (SELECT FROM contact c WHERE c.id = of_contact AND c.employer_id = r.employer_id) THEN
            PERFORM fail('CV003', 'contact_id', 'The request is for somebody at another employer.');
        END IF;
    ELSIF of_contact IS NULL THEN
        SELECT count(*), (array_agg(c.id))[1] INTO known, of_contact FROM contact c
         WHERE c.employer_id = r.employer_id AND c.borough_id = borough() AND c.objected_on IS NULL;
        IF known <> 1 THEN
            PERFORM fail('CV003', 'contact_id', 'Say whom to share: your borough knows %s there.',
                         CASE known WHEN 0 THEN 'nobody who may be contacted' ELSE known || ' people' END);
        END IF;
    END IF;
    s := give_share(of_contact, r.borough_id,
                    CASE WHEN (request ->> 'only_asker')::boolean THEN r.asked_by END,
                    (request ->> 'expires_on')::date, request ->> 'condition', r.id, uuid_v7());
    UPDATE contact_request x
       SET granted = true, answered_at = now(), answered_by = actor(), answered_by_name = actor_name()
     WHERE x.id = r.id
    RETURNING x.* INTO r;
    RETURN jsonb_build_object('request', contact_request_json(r), 'share', share_json(s));
END
$$;
COMMENT ON FUNCTION grant_request(jsonb) IS 'ShareService/GrantRequest: the whole response.';

CREATE FUNCTION decline_request(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    r contact_request := request_to_answer(request ->> 'contact_request_id');
BEGIN
    UPDATE contact_request x
       SET granted = false, answer = text_without_client(request ->> 'reason', 'reason'),
           answered_at = now(), answered_by = actor(), answered_by_name = actor_name()
     WHERE x.id = r.id
    RETURNING x.* INTO r;
    RETURN contact_request_json(r);
END
$$;
COMMENT ON FUNCTION decline_request(jsonb) IS 'ShareService/DeclineRequest: the request.';

GRANT EXECUTE ON FUNCTION share_rule_on(date), leads_relationship(uuid), leads_of(uuid),
    known_contacts(uuid, uuid), colleague_by_email(text), share_json(contact_share),
    contact_request_json(contact_request), list_contacts(uuid), known_contact_of(text, text),
    check_contact_employer(text, uuid), open_contact(jsonb), give_share(uuid, text, uuid, date, text, uuid, uuid),
    own_contact_of(text, text), share_contact(jsonb), withdraw_share(jsonb),
    owner_to_ask(uuid, text), request_contact(jsonb), request_to_answer(text),
    grant_request(jsonb), decline_request(jsonb) TO canvass_app;

COMMIT;
