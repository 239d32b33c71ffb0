-- Deploy canvass:visit to pg

-- The canvassing log and the diary. A visit is never changed, by anybody: a correction is a new
-- row that names the one it replaces, and standing_visit shows what stands. Visits are their
-- borough's; which client one was for lies in visit_client, which is the team's alone. What
-- crosses to other boroughs goes through functions that say it in neutral words.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TYPE visit_mode AS ENUM ('in_person', 'phone', 'email', 'video');
COMMENT ON TYPE visit_mode IS 'Only in_person counts as face to face (fidelity item 17).';
CREATE TYPE visit_outcome AS ENUM ('none', 'appointment', 'introduction', 'interview', 'trial', 'offer');

CREATE TABLE visit (
    id            uuid PRIMARY KEY DEFAULT uuid_v7(),
    borough_id    text COLLATE "C" NOT NULL REFERENCES borough,
    team_id       uuid NOT NULL REFERENCES team,
    employer_id   uuid NOT NULL CONSTRAINT visit_employer_known REFERENCES employer,
    site_id       uuid,
    at            timestamptz NOT NULL,
    mode          visit_mode NOT NULL,
    cup           integer NOT NULL,
    contact_id    uuid,
    met           text,
    met_hires     boolean,
    -- No client in mind. Otherwise visit_client has one row.
    generic       boolean NOT NULL,
    role_soc      text COLLATE "C" CONSTRAINT visit_role_known REFERENCES occupation,
    purpose       text,
    learned       text,
    stance        stance,
    outcome       visit_outcome,
    next_step     text,
    next_touch_at timestamptz,
    thanked       boolean NOT NULL DEFAULT false,
    specialist_id uuid NOT NULL REFERENCES specialist,
    recorded_by   uuid NOT NULL REFERENCES specialist,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    replaces_id   uuid REFERENCES visit,
    CONSTRAINT visit_site_of_employer FOREIGN KEY (employer_id, site_id) REFERENCES site (employer_id, id),
    CONSTRAINT visit_contact_of_employer FOREIGN KEY (employer_id, contact_id) REFERENCES contact (employer_id, id),
    CONSTRAINT visit_replaced_once UNIQUE (replaces_id),
    CONSTRAINT visit_replaces_another CHECK (replaces_id <> id),
    CONSTRAINT visit_cup_range CHECK (cup BETWEEN 1 AND 3),
    CONSTRAINT visit_met_length CHECK (char_length(met) BETWEEN 1 AND 100),
    CONSTRAINT visit_purpose_length CHECK (char_length(purpose) BETWEEN 1 AND 500),
    CONSTRAINT visit_learned_length CHECK (char_length(learned) BETWEEN 1 AND 2000),
    CONSTRAINT visit_next_step_length CHECK (char_length(next_step) BETWEEN 1 AND 500)
);
CREATE INDEX visit_employer ON visit (employer_id, at DESC, id DESC);
CREATE INDEX visit_borough ON visit (borough_id, at DESC, id DESC);
CREATE INDEX visit_specialist ON visit (specialist_id, at DESC, id DESC);
COMMENT ON TABLE visit IS 'The canvassing log (DOMAIN.md section 1, "Log fields"). Rows are added, never changed.';
COMMENT ON COLUMN visit.learned IS 'Disclosable to the manager it speaks of; no client in it.';
COMMENT ON COLUMN visit.recorded_by IS 'Differs from the specialist where a lead put the visit right.';
COMMENT ON CONSTRAINT visit_pkey ON visit IS 'visit.id: There is a visit with this id already.';
COMMENT ON CONSTRAINT visit_employer_known ON visit IS 'visit.employer_id: There is no such employer.';
COMMENT ON CONSTRAINT visit_site_of_employer ON visit IS 'visit.site_id: This employer has no such site.';
COMMENT ON CONSTRAINT visit_contact_of_employer ON visit IS 'visit.contact_id: This employer has no such contact.';
COMMENT ON CONSTRAINT visit_role_known ON visit IS 'visit.role_soc: There is no such SOC 2020 group in the list.';
COMMENT ON CONSTRAINT visit_replaced_once ON visit IS 'visit.replaces_id: This visit was put right already; correct the newer one.';
COMMENT ON CONSTRAINT visit_replaces_another ON visit IS 'visit.replaces_id: A visit cannot replace itself.';
COMMENT ON CONSTRAINT visit_cup_range ON visit IS 'visit.cup: 1 is the introduction, 2 learning the business, 3 and on matching; leave it out to count on.';
COMMENT ON CONSTRAINT visit_met_length ON visit IS 'visit.met: Say who was seen in at most 100 characters.';
COMMENT ON CONSTRAINT visit_purpose_length ON visit IS 'visit.purpose: Keep the purpose to 500 characters.';
COMMENT ON CONSTRAINT visit_learned_length ON visit IS 'visit.learned: Keep what was learnt to 2,000 characters.';
COMMENT ON CONSTRAINT visit_next_step_length ON visit IS 'visit.next_step: Keep the next step to 500 characters.';

CREATE TABLE visit_client (
    visit_id  uuid PRIMARY KEY REFERENCES visit,
    client_id uuid NOT NULL REFERENCES client
);
CREATE INDEX visit_client_client ON visit_client (client_id);
COMMENT ON TABLE visit_client IS 'Which client a visit was for: the team''s alone. Rows are added, never changed.';

CREATE TABLE plan (
    id            uuid PRIMARY KEY DEFAULT uuid_v7(),
    borough_id    text COLLATE "C" NOT NULL REFERENCES borough,
    team_id       uuid NOT NULL REFERENCES team,
    specialist_id uuid NOT NULL REFERENCES specialist,
    employer_id   uuid NOT NULL CONSTRAINT plan_employer_known REFERENCES employer,
    site_id       uuid,
    -- 00:00 in London means the whole day.
    at            timestamptz NOT NULL,
    purpose       text,
    role_soc      text COLLATE "C" CONSTRAINT plan_role_known REFERENCES occupation,
    created_at    timestamptz NOT NULL DEFAULT now(),
    cancelled_at  timestamptz,
    cancelled_by  uuid REFERENCES specialist,
    -- The visit that ticked it off.
    visit_id      uuid REFERENCES visit,
    CONSTRAINT plan_site_of_employer FOREIGN KEY (employer_id, site_id) REFERENCES site (employer_id, id),
    CONSTRAINT plan_purpose_length CHECK (char_length(purpose) BETWEEN 1 AND 500),
    CONSTRAINT plan_one_end CHECK (cancelled_at IS NULL OR visit_id IS NULL)
);
CREATE INDEX plan_open ON plan (specialist_id, at) WHERE cancelled_at IS NULL AND visit_id IS NULL;
COMMENT ON TABLE plan IS 'Visits in the diary: open, ticked off by a visit, or cancelled.';
COMMENT ON CONSTRAINT plan_pkey ON plan IS 'plan.id: There is a plan with this id already.';
COMMENT ON CONSTRAINT plan_employer_known ON plan IS 'plan.employer_id: There is no such employer.';
COMMENT ON CONSTRAINT plan_site_of_employer ON plan IS 'plan.site_id: This employer has no such site.';
COMMENT ON CONSTRAINT plan_role_known ON plan IS 'plan.role_soc: There is no such SOC 2020 group in the list.';
COMMENT ON CONSTRAINT plan_purpose_length ON plan IS 'plan.purpose: Keep the purpose to 500 characters.';

CREATE TABLE plan_client (
    plan_id   uuid PRIMARY KEY REFERENCES plan,
    client_id uuid NOT NULL REFERENCES client
);
CREATE INDEX plan_client_client ON plan_client (client_id);
COMMENT ON TABLE plan_client IS 'Which client a planned visit is for: the team''s alone.';

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['visit', 'visit_client', 'plan', 'plan_client'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['visit', 'plan'] LOOP
        EXECUTE format('CREATE POLICY own_borough ON %I FOR SELECT TO canvass_app
                            USING (borough_id = (SELECT canvass.borough())
                                   AND (SELECT canvass.has_role(''specialist'', ''lead'')))', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['visit_client', 'plan_client'] LOOP
        EXECUTE format('CREATE POLICY own_team ON %I TO canvass_app USING
                            (EXISTS (SELECT FROM canvass.client c WHERE c.id = client_id))', t);
    END LOOP;
END
$$;
CREATE POLICY add ON visit FOR INSERT TO canvass_app
    WITH CHECK (borough_id = (SELECT canvass.borough()) AND team_id = (SELECT canvass.team())
                AND recorded_by = (SELECT canvass.actor())
                AND (SELECT canvass.has_role('specialist', 'lead')));
CREATE POLICY add ON plan FOR INSERT TO canvass_app
    WITH CHECK (borough_id = (SELECT canvass.borough()) AND team_id = (SELECT canvass.team())
                AND specialist_id = (SELECT canvass.actor())
                AND (SELECT canvass.has_role('specialist', 'lead')));
CREATE POLICY change ON plan FOR UPDATE TO canvass_app
    USING (team_id = (SELECT canvass.team())
           AND (specialist_id = (SELECT canvass.actor()) OR (SELECT canvass.has_role('lead'))));

GRANT SELECT, INSERT ON visit, visit_client, plan, plan_client TO canvass_app;
GRANT UPDATE (cancelled_at, cancelled_by, visit_id) ON plan TO canvass_app;
GRANT DELETE ON plan_client TO canvass_app;

-- Not even the owner changes the log.
CREATE FUNCTION append_only() RETURNS trigger
LANGUAGE plpgsql
SET search_path = canvass, pg_temp
AS $$
BEGIN
    PERFORM fail('CV009', '', 'What is in the log of visits stays as it is; put a visit right with '
                              'a new one.');
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON visit
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON visit_client
    FOR EACH STATEMENT EXECUTE FUNCTION append_only();

-- Generic or for a client of the team that visited, never both, never neither.
CREATE FUNCTION visit_in_mind() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    v visit;
    client_team uuid;
BEGIN
    IF TG_TABLE_NAME = 'visit' THEN
        v := NEW;
    ELSE
        SELECT * INTO v FROM visit WHERE id = NEW.visit_id;
    END IF;
    SELECT c.team_id INTO client_team
      FROM visit_client l JOIN client c ON c.id = l.client_id WHERE l.visit_id = v.id;
    IF v.generic <> (client_team IS NULL) OR client_team <> v.team_id THEN
        PERFORM fail('CV003', 'visit.client_id',
                     'Name the client in mind, or say that the visit is generic.');
    END IF;
    RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER visit_in_mind AFTER INSERT ON visit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION visit_in_mind();
CREATE CONSTRAINT TRIGGER visit_in_mind AFTER INSERT ON visit_client
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION visit_in_mind();

CREATE VIEW standing_visit WITH (security_invoker = true) AS
    SELECT v.* FROM visit v
     WHERE NOT EXISTS (SELECT FROM visit r WHERE r.replaces_id = v.id);
COMMENT ON VIEW standing_visit IS 'Visits as they read now: those that no correction replaced.';
GRANT SELECT ON standing_visit TO canvass_app;

-- Support ends for what lies ahead, too: a plan keeps its day and forgets whom it was for.
CREATE FUNCTION client_discharged() RETURNS trigger
LANGUAGE plpgsql
SET search_path = canvass, pg_temp
AS $$
BEGIN
    DELETE FROM plan_client l USING plan p
     WHERE l.client_id = NEW.id AND p.id = l.plan_id AND p.visit_id IS NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER client_discharged AFTER UPDATE OF status ON client
    FOR EACH ROW WHEN (NEW.status = 'discharged' AND OLD.status <> 'discharged')
    EXECUTE FUNCTION client_discharged();

CREATE FUNCTION london_day(at timestamptz) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (at AT TIME ZONE 'Europe/London')::date;
COMMENT ON FUNCTION london_day(timestamptz) IS 'The day that it is in London at that moment.';

CREATE FUNCTION london_midnight(d date) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN d::timestamp AT TIME ZONE 'Europe/London';
COMMENT ON FUNCTION london_midnight(date) IS 'The moment at which a day begins in London.';

CREATE FUNCTION is_whole_day(at timestamptz) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN at = london_midnight(london_day(at));
COMMENT ON FUNCTION is_whole_day(timestamptz) IS '00:00 in London: a day without a time.';

-- Texts that others of the borough read name no client: none of the team's references.
CREATE FUNCTION text_without_client(given text, field text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    named text;
BEGIN
    SELECT c.ref INTO named FROM client c
     WHERE c.team_id = team() AND upper(given) ~ ('(^|[^A-Z0-9-])' || c.ref || '($|[^A-Z0-9-])') LIMIT 1;
    IF named IS NOT NULL THEN
        PERFORM fail('CV003', field,
                     'Leave %s out of this text: colleagues who do not support the client read '
                     'it.' || CASE WHEN field ~ '^(visit|plan)\.' THEN ' Name the client in client_id.' ELSE '' END, named);
    END IF;
    RETURN tidy(given);
END
$$;
COMMENT ON FUNCTION text_without_client(text, text) IS
    'A text of a request; CV003 where it holds a reference of one of the team''s clients.';

CREATE FUNCTION visit_json(v visit) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(
        'id', v.id, 'employer_id', v.employer_id, 'employer', e.name, 'site_id', v.site_id,
        'site', coalesce(s.name, s.address[1], s.postcode), 'at', v.at, 'mode', v.mode,
        'cup', v.cup, 'contact_id', v.contact_id, 'met', v.met, 'met_hires', v.met_hires,
        'client_id', saw_client(c.id), 'client_ref', c.ref, 'generic', v.generic, 'role_soc', v.role_soc,
        'role_title', occupation_title(v.role_soc), 'purpose', v.purpose, 'learned', v.learned,
        'stance', v.stance, 'outcome', v.outcome, 'next_step', v.next_step,
        'next_touch_at', v.next_touch_at, 'thanked', v.thanked,
        'specialist_id', v.specialist_id, 'specialist', specialist_name(v.specialist_id),
        'borough', b.name, 'recorded_at', v.recorded_at, 'replaces_id', v.replaces_id))
      FROM employer e
      JOIN borough b ON b.id = v.borough_id
      LEFT JOIN site s ON s.id = v.site_id
      LEFT JOIN visit_client l ON l.visit_id = v.id
      LEFT JOIN client c ON c.id = l.client_id
     WHERE e.id = v.employer_id);
END
$$;
COMMENT ON FUNCTION visit_json(visit) IS
    'A visit as message canvass.v1.Visit; its client only for the client''s team.';

CREATE FUNCTION plan_json(p plan) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(
        'id', p.id, 'employer_id', p.employer_id, 'employer', e.name, 'site_id', p.site_id,
        'at', p.at, 'purpose', p.purpose, 'client_id', saw_client(c.id), 'client_ref', c.ref,
        'role_soc', p.role_soc, 'role_title', occupation_title(p.role_soc),
        'specialist_id', p.specialist_id, 'specialist', specialist_name(p.specialist_id)))
      FROM employer e
      LEFT JOIN plan_client l ON l.plan_id = p.id
      LEFT JOIN client c ON c.id = l.client_id
     WHERE e.id = p.employer_id);
END
$$;
COMMENT ON FUNCTION plan_json(plan) IS 'A plan as message canvass.v1.Plan.';

-- Who else was there in the last 28 days, of any borough: that somebody came, never for whom.
CREATE FUNCTION others_lately(employer uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_agg(o.line ORDER BY o.at DESC, o.id DESC), '[]')
              FROM (SELECT v.at, v.id, jsonb_strip_nulls(jsonb_build_object(
                               'at', v.at, 'by', s.name, 'borough', b.name, 'mode', v.mode,
                               'stance', v.stance)) AS line
                      FROM standing_visit v
                      JOIN specialist s ON s.id = v.specialist_id
                      JOIN borough b ON b.id = v.borough_id
                     WHERE v.employer_id = employer AND v.specialist_id <> actor()
                       AND v.at > now() - interval '28 days'
                       AND has_role('specialist', 'lead')
                     ORDER BY v.at DESC, v.id DESC
                     LIMIT 5) AS o);
END
$$;
COMMENT ON FUNCTION others_lately(uuid) IS
    'Visits of others of the network in the last 28 days, at most 5, as messages canvass.v1.OtherVisit.';

-- The lawful kind of trial to suggest to an employer who hesitates, from the rules of that day and
-- the newest live opening there that the caller may see (DOMAIN.md sections 2 and 7).
CREATE FUNCTION trial_advice(employer uuid, d date) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    jcp trial_rule := trial_rule_on('jobcentre_plus', d);
    private trial_rule := trial_rule_on('private_unpaid', d);
    o opening;
BEGIN
    SELECT * INTO o FROM opening
     WHERE employer_id = employer AND closed_at IS NULL AND (closes_on IS NULL OR closes_on >= d)
       AND hours_min_tenths > 0
     ORDER BY created_at DESC, id DESC LIMIT 1;
    IF o.id IS NULL THEN
        RETURN format('%s: at most %s, %s where the job lasts under %s weeks, for a job of at '
                      'least %s hours a week and %s weeks. For any other job, a private trial '
                      'without pay of at most %s.',
                      jcp.advice, said_days(jcp.max_days), jcp.short_max_days,
                      jcp.short_under_weeks, said_tenths(jcp.min_hours_tenths), jcp.min_weeks,
                      said_days(private.max_days));
    ELSIF trial_fits(jcp, o.hours_min_tenths, o.expected_weeks) THEN
        RETURN format('%s: at most %s for "%s".', jcp.advice,
                      said_days(trial_days_for(jcp, o.expected_weeks)), o.title);
    END IF;
    RETURN format('%s: at most %s for "%s", which has not the %s hours a week and %s weeks that '
                  'Jobcentre Plus asks for.',
                  private.advice, said_days(private.max_days), o.title,
                  said_tenths(jcp.min_hours_tenths), jcp.min_weeks);
END
$$;
COMMENT ON FUNCTION trial_advice(uuid, date) IS
    'The lawful kind of trial to suggest to this employer, and its limit, in a sentence.';

-- The fields of a message put on a row whose employer, at and specialist are known.
CREATE FUNCTION visit_with(v visit, m jsonb) RETURNS visit
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    objected date;
BEGIN
    IF v.at > now() + interval '5 minutes' THEN
        PERFORM fail('CV003', 'visit.at', 'This lies in the future: record a visit when it has '
                     'taken place, and plan it until then.');
    ELSIF v.at < now() - interval '400 days' THEN
        PERFORM fail('CV003', 'visit.at', '%s is more than 400 days ago.',
                     said_date(london_day(v.at)));
    END IF;
    v.site_id := site_of(m ->> 'site_id', v.employer_id, 'visit.site_id');
    IF coalesce(m ->> 'contact_id', '') <> '' THEN
        SELECT c.id, c.objected_on INTO v.contact_id, objected FROM contact c
         WHERE c.id = given_id(m ->> 'contact_id', 'visit.contact_id')
           AND c.employer_id = v.employer_id;
        IF v.contact_id IS NULL THEN
            PERFORM fail('CV003', 'visit.contact_id',
                         'Your borough has no such contact at this employer.');
        ELSIF objected < london_day(v.at) THEN
            PERFORM fail('CV009', 'visit.contact_id',
                         'This person objected on %s and must not be contacted.',
                         said_date(objected));
        END IF;
    END IF;
    v.met := text_without_client(m ->> 'met', 'visit.met');
    v.met_hires := (m ->> 'met_hires')::boolean;
    v.role_soc := soc_of(m ->> 'role_soc', 'visit.role_soc');
    v.purpose := text_without_client(m ->> 'purpose', 'visit.purpose');
    v.learned := text_without_client(m ->> 'learned', 'visit.learned');
    v.stance := (m ->> 'stance')::stance;
    v.outcome := (m ->> 'outcome')::visit_outcome;
    v.next_step := text_without_client(m ->> 'next_step', 'visit.next_step');
    v.next_touch_at := (m ->> 'next_touch_at')::timestamptz;
    IF london_day(v.next_touch_at) < london_day(v.at) THEN
        PERFORM fail('CV003', 'visit.next_touch_at', 'The follow-up comes after the visit.');
    ELSIF v.next_touch_at > v.at + interval '800 days' THEN
        PERFORM fail('CV003', 'visit.next_touch_at',
                     'A follow-up lies at most 800 days after the visit.');
    END IF;
    v.thanked := coalesce((m ->> 'thanked')::boolean, false);
    RETURN v;
END
$$;

-- The client that a visit or plan is for; NULL for a generic one. One of the two must be said.
CREATE FUNCTION client_in_mind(m jsonb, prefix text) RETURNS client
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    is_named boolean := tidy(m ->> 'client_id') IS NOT NULL
                        OR tidy(m ->> 'client_ref') IS NOT NULL;
BEGIN
    IF is_named AND coalesce((m ->> 'generic')::boolean, false) THEN
        PERFORM fail('CV003', prefix || '.generic',
                     'A visit is for a client or generic, not both.');
    ELSIF NOT is_named THEN
        RETURN NULL;
    END IF;
    RETURN client_of(m ->> 'client_id', m ->> 'client_ref', prefix || '.client_id',
                     prefix || '.client_ref');
END
$$;

CREATE FUNCTION add_visit(v visit, in_mind uuid) RETURNS visit
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    v.generic := in_mind IS NULL;
    v.borough_id := borough();
    v.team_id := team();
    v.recorded_by := actor();
    v.recorded_at := now();
    INSERT INTO visit SELECT v.*;
    IF in_mind IS NOT NULL THEN
        INSERT INTO visit_client (visit_id, client_id) VALUES (v.id, in_mind);
    END IF;
    RETURN v;
END
$$;

-- The relationship as the standing visits leave it. The newest visit of the borough decides the
-- next touch: it sets it, or ticks it off. An older one that arrives late only fills a gap.
CREATE FUNCTION touch_relationship(v visit) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    is_newest boolean := NOT EXISTS (SELECT FROM standing_visit o
                                      WHERE o.employer_id = v.employer_id
                                        AND o.borough_id = v.borough_id
                                        AND o.id <> v.id AND o.at > v.at);
BEGIN
    INSERT INTO relationship AS r (employer_id, borough_id, stage, lead_id, stance,
            last_visit_at, next_touch_at, next_step, updated_by, updated_by_name)
        VALUES (v.employer_id, v.borough_id, 'fair', v.specialist_id, v.stance, v.at,
            v.next_touch_at, v.next_step, actor(), actor_name())
        ON CONFLICT ON CONSTRAINT relationship_pkey DO UPDATE
        SET lead_id = coalesce(r.lead_id, excluded.lead_id),
            next_touch_at = CASE WHEN is_newest THEN excluded.next_touch_at
                                 ELSE coalesce(r.next_touch_at, excluded.next_touch_at) END,
            next_step = CASE WHEN is_newest OR r.next_touch_at IS NULL THEN excluded.next_step
                             ELSE r.next_step END;
    PERFORM refresh_relationship(v.employer_id);
END
$$;

CREATE FUNCTION refresh_relationship(employer uuid) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    UPDATE relationship r
       SET last_visit_at = (SELECT max(v.at) FROM standing_visit v
                             WHERE v.employer_id = employer AND v.borough_id = r.borough_id),
           stance = (SELECT v.stance FROM standing_visit v
                      WHERE v.employer_id = employer AND v.borough_id = r.borough_id
                        AND v.stance IS NOT NULL
                      ORDER BY v.at DESC, v.recorded_at DESC, v.id DESC LIMIT 1),
           updated_at = now(), updated_by = actor(), updated_by_name = actor_name(),
           version = r.version + 1
     WHERE r.employer_id = employer AND r.borough_id = borough();
END
$$;
COMMENT ON FUNCTION refresh_relationship(uuid) IS
    'Last visit and stance of the caller''s borough with an employer, from the visits that stand.';

CREATE FUNCTION record_visit(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m jsonb := coalesce(request -> 'visit', '{}');
    v visit;
    c client := client_in_mind(m, 'visit');
BEGIN
    IF coalesce(m ->> 'specialist_id', actor()::text) <> actor()::text THEN
        PERFORM fail('CV003', 'visit.specialist_id', 'A visit is recorded by who made it.');
    ELSIF coalesce(m ->> 'replaces_id', '') <> '' THEN
        PERFORM fail('CV003', 'visit.replaces_id',
                     'To put a visit right, correct it instead of recording another.');
    ELSIF c.id IS NULL AND NOT coalesce((m ->> 'generic')::boolean, false) THEN
        PERFORM fail('CV003', 'visit.client_id',
                     'Name the client in mind, or say that the visit is generic.');
    END IF;
    v.id := chosen_id(m ->> 'id', 'visit.id');
    v.employer_id := employer_of(m ->> 'employer_id', 'visit.employer_id');
    v.specialist_id := actor();
    v.at := coalesce((m ->> 'at')::timestamptz, now());
    v := visit_with(v, m);
    v.mode := coalesce((m ->> 'mode')::visit_mode, 'in_person');
    v.cup := coalesce(nullif((m ->> 'cup')::integer, 0),
                      (SELECT least(3, 1 + count(*)) FROM standing_visit o
                        WHERE o.employer_id = v.employer_id AND o.borough_id = borough()
                          AND o.at < v.at));
    -- A visit from before the discharge may come in late; one after it has no client any more.
    IF c.status = 'discharged' AND v.at >= c.discharged_at THEN
        PERFORM fail('CV009', 'visit.client_id',
                     '%s was discharged %s; a visit after that is generic.', c.ref,
                     said_when(c.discharged_at));
    END IF;
    v := add_visit(v, c.id);
    PERFORM touch_relationship(v);
    UPDATE plan p SET visit_id = v.id
     WHERE p.specialist_id = actor() AND p.employer_id = v.employer_id
       AND p.cancelled_at IS NULL AND p.visit_id IS NULL
       AND p.at >= london_midnight(london_day(v.at))
       AND p.at < london_midnight(london_day(v.at) + 1);
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'visit', visit_json(v), 'others', others_lately(v.employer_id),
        'suggestion', CASE WHEN v.stance = 'ambivalent'
                           THEN trial_advice(v.employer_id, london_day(v.at)) END));
END
$$;
COMMENT ON FUNCTION record_visit(jsonb) IS 'VisitService/RecordVisit: the whole response.';

-- The message says how the visit should read; employer, time, mode and cup that it leaves out stay
-- as they were.
CREATE FUNCTION correct_visit(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m jsonb := coalesce(request -> 'visit', '{}');
    old visit;
    v visit;
    c client := client_in_mind(m, 'visit');
BEGIN
    SELECT * INTO old FROM visit WHERE id = given_id(m ->> 'replaces_id', 'visit.replaces_id');
    IF old.id IS NULL THEN
        PERFORM fail('CV005', 'visit.replaces_id', 'Your borough has no such visit.');
    ELSIF old.team_id <> team()
          OR actor() NOT IN (old.specialist_id, old.recorded_by) AND NOT has_role('lead') THEN
        PERFORM fail('CV007', 'visit.replaces_id',
                     'Only %s or a lead of the same team can put this visit right.',
                     specialist_name(old.specialist_id));
    ELSIF EXISTS (SELECT FROM visit r WHERE r.replaces_id = old.id) THEN
        PERFORM fail('CV009', 'visit.replaces_id',
                     'This visit was put right already; correct the newer one.');
    ELSIF c.id IS NULL AND NOT coalesce((m ->> 'generic')::boolean, false) THEN
        PERFORM fail('CV003', 'visit.client_id',
                     'Name the client in mind, or say that the visit is generic.');
    ELSIF c.status = 'discharged' AND coalesce((m ->> 'at')::timestamptz, old.at) >= c.discharged_at
          AND NOT EXISTS (SELECT FROM visit_client l
                           WHERE l.visit_id = old.id AND l.client_id = c.id) THEN
        PERFORM fail('CV009', 'visit.client_id',
                     '%s was discharged %s; a visit after that is generic.', c.ref,
                     said_when(c.discharged_at));
    END IF;
    v.id := chosen_id(CASE WHEN m ->> 'id' <> old.id::text THEN m ->> 'id' END, 'visit.id');
    v.replaces_id := old.id;
    v.employer_id := CASE WHEN coalesce(m ->> 'employer_id', '') = '' THEN old.employer_id
                          ELSE employer_of(m ->> 'employer_id', 'visit.employer_id') END;
    v.specialist_id := old.specialist_id;
    v.at := coalesce((m ->> 'at')::timestamptz, old.at);
    v := visit_with(v, m);
    v.mode := coalesce((m ->> 'mode')::visit_mode, old.mode);
    v.cup := coalesce(nullif((m ->> 'cup')::integer, 0), old.cup);
    v := add_visit(v, c.id);
    PERFORM touch_relationship(v);
    IF v.employer_id <> old.employer_id THEN
        PERFORM refresh_relationship(old.employer_id);
    END IF;
    RETURN visit_json(v);
END
$$;
COMMENT ON FUNCTION correct_visit(jsonb) IS 'VisitService/CorrectVisit: the visit.';

CREATE FUNCTION plan_visit(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    m jsonb := coalesce(request -> 'plan', '{}');
    p plan;
    c client := client_in_mind(m, 'plan');
BEGIN
    p.at := (m ->> 'at')::timestamptz;
    IF p.at IS NULL THEN
        PERFORM fail('CV003', 'plan.at', 'Say when.');
    ELSIF p.at < (CASE WHEN is_whole_day(p.at) THEN london_midnight(london_today())
                       ELSE now() - interval '5 minutes' END) THEN
        PERFORM fail('CV003', 'plan.at', 'This has passed: record a visit that took place.');
    ELSIF p.at > now() + interval '400 days' THEN
        PERFORM fail('CV003', 'plan.at', 'Plan at most 400 days ahead.');
    ELSIF coalesce(m ->> 'specialist_id', actor()::text) <> actor()::text THEN
        PERFORM fail('CV003', 'plan.specialist_id', 'A plan goes into one''s own diary.');
    ELSIF c.status = 'discharged' THEN
        PERFORM fail('CV009', 'plan.client_id', '%s was discharged %s.', c.ref,
                     said_when(c.discharged_at));
    ELSIF c.paused_until > london_day(p.at) THEN
        PERFORM fail('CV009', 'plan.client_id',
                     '%s is paused until %s: no outreach before that. Resume first, or plan for '
                     'a later day.', c.ref, said_date(c.paused_until));
    END IF;
    p.employer_id := employer_of(m ->> 'employer_id', 'plan.employer_id');
    p.site_id := site_of(m ->> 'site_id', p.employer_id, 'plan.site_id');
    INSERT INTO plan (id, borough_id, team_id, specialist_id, employer_id, site_id, at, purpose,
            role_soc)
        VALUES (chosen_id(m ->> 'id', 'plan.id'), borough(), team(), actor(), p.employer_id,
            p.site_id, p.at, text_without_client(m ->> 'purpose', 'plan.purpose'),
            soc_of(m ->> 'role_soc', 'plan.role_soc'))
        RETURNING * INTO p;
    IF c.id IS NOT NULL THEN
        INSERT INTO plan_client (plan_id, client_id) VALUES (p.id, c.id);
    END IF;
    RETURN jsonb_build_object('plan', plan_json(p), 'others', others_lately(p.employer_id));
END
$$;
COMMENT ON FUNCTION plan_visit(jsonb) IS 'VisitService/PlanVisit: the whole response.';

CREATE FUNCTION cancel_plan(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    p plan;
BEGIN
    SELECT * INTO p FROM plan WHERE id = given_id(request ->> 'plan_id', 'plan_id');
    IF p.id IS NULL THEN
        PERFORM fail('CV005', 'plan_id', 'Your borough has no such plan.');
    ELSIF p.team_id <> team() OR p.specialist_id <> actor() AND NOT has_role('lead') THEN
        PERFORM fail('CV007', 'plan_id', 'Only %s or a lead of the same team can cancel this.',
                     specialist_name(p.specialist_id));
    END IF;
    UPDATE plan u SET cancelled_at = now(), cancelled_by = actor()
     WHERE u.id = p.id AND u.cancelled_at IS NULL AND u.visit_id IS NULL;
    IF NOT FOUND THEN
        SELECT * INTO p FROM plan WHERE id = p.id;
        PERFORM fail('CV009', 'plan_id', CASE WHEN p.visit_id IS NULL
                         THEN 'This was cancelled already.'
                         ELSE 'This visit took place; there is nothing to cancel.' END);
    END IF;
    RETURN plan_json(p);
END
$$;
COMMENT ON FUNCTION cancel_plan(jsonb) IS 'VisitService/CancelPlan: the plan.';

GRANT EXECUTE ON FUNCTION append_only(), visit_in_mind(), client_discharged(),
    london_day(timestamptz), london_midnight(date), is_whole_day(timestamptz),
    text_without_client(text, text), visit_json(visit), plan_json(plan), others_lately(uuid),
    trial_advice(uuid, date), visit_with(visit, jsonb), client_in_mind(jsonb, text),
    add_visit(visit, uuid), touch_relationship(visit), refresh_relationship(uuid),
    record_visit(jsonb), correct_visit(jsonb), plan_visit(jsonb), cancel_plan(jsonb)
    TO canvass_app;

COMMIT;
