-- Deploy canvass:placement to pg

-- From a match to a job that lasts: what a client lets an employer know, trials, jobs with their terms
-- as they change, shifts that were lost, and support given to client and employer. All of it is the
-- team's that supports the client, and nobody else's; of a trial another borough learns no more than
-- that a place is taken. What the law asks of a trial is in the rows of trial_rule.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

ALTER TABLE client ADD CONSTRAINT client_of_team UNIQUE (id, team_id);

-- ---- what an employer may know ----

CREATE TYPE disclosure_level AS ENUM ('nothing', 'may_call', 'partial', 'full');
COMMENT ON TYPE disclosure_level IS 'What a client lets an employer know, from least to most (DOMAIN.md section 3): nothing, the specialist may call but say nothing of health, partial, full.';

CREATE TABLE disclosure (
    id               uuid PRIMARY KEY DEFAULT uuid_v7(),
    team_id          uuid NOT NULL,
    client_id        uuid NOT NULL,
    employer_id      uuid NOT NULL CONSTRAINT disclosure_employer_known REFERENCES employer,
    level            disclosure_level NOT NULL,
    -- What may be said, in the words that were agreed with the client.
    wording          text,
    agreed_on        date NOT NULL,
    recorded_by      uuid NOT NULL REFERENCES specialist,
    recorded_by_name text NOT NULL,
    recorded_at      timestamptz NOT NULL DEFAULT now(),
    -- Taken back, or followed by another agreement.
    ended_at         timestamptz,
    withdrawn        boolean NOT NULL DEFAULT false,
    CONSTRAINT disclosure_client_of_team FOREIGN KEY (client_id, team_id) REFERENCES client (id, team_id),
    CONSTRAINT disclosure_wording_length CHECK (char_length(wording) BETWEEN 1 AND 500),
    CONSTRAINT disclosure_wording_given CHECK (level IN ('nothing', 'may_call') OR wording IS NOT NULL),
    CONSTRAINT disclosure_withdrawn_ended CHECK (NOT withdrawn OR ended_at IS NOT NULL)
);
CREATE INDEX disclosure_client ON disclosure (client_id, employer_id, recorded_at DESC, id DESC);
CREATE INDEX disclosure_employer ON disclosure (employer_id);
COMMENT ON TABLE disclosure IS 'What each client agreed that each employer may know. No row: nothing, and nobody calls.';
COMMENT ON CONSTRAINT disclosure_pkey ON disclosure IS 'disclosure.id: There is an agreement with this id already.';
COMMENT ON CONSTRAINT disclosure_employer_known ON disclosure IS 'disclosure.employer_id: There is no such employer.';
COMMENT ON CONSTRAINT disclosure_wording_length ON disclosure IS 'disclosure.wording: Keep the agreed words to 500 characters.';
COMMENT ON CONSTRAINT disclosure_wording_given ON disclosure IS 'disclosure.wording: Write down the words that the client agreed to; nothing else is said.';
COMMENT ON CONSTRAINT disclosure_withdrawn_ended ON disclosure IS 'disclosure: What was withdrawn has ended.';

-- Where two stand, as after a merge of employers, the one that tells less counts.
CREATE VIEW standing_disclosure WITH (security_invoker = true) AS
    SELECT DISTINCT ON (d.client_id, d.employer_id) d.* FROM disclosure d
     WHERE d.ended_at IS NULL
     ORDER BY d.client_id, d.employer_id, d.level, d.recorded_at DESC, d.id DESC;
COMMENT ON VIEW standing_disclosure IS 'What each client lets each employer know now.';

-- ---- trials ----

CREATE TYPE trial_status AS ENUM ('proposed', 'agreed', 'running', 'completed', 'ended_early', 'cancelled');
CREATE TYPE trial_outcome AS ENUM ('offer', 'no_offer', 'declined', 'left', 'extended');
COMMENT ON TYPE trial_outcome IS 'What a trial led to: the employer offered the job or did not, the client declined or left, or another trial follows.';

CREATE TABLE trial (
    id                uuid PRIMARY KEY DEFAULT uuid_v7(),
    borough_id        text COLLATE "C" NOT NULL REFERENCES borough,
    team_id           uuid NOT NULL,
    client_id         uuid NOT NULL,
    specialist_id     uuid NOT NULL REFERENCES specialist,
    employer_id       uuid NOT NULL CONSTRAINT trial_employer_known REFERENCES employer,
    site_id           uuid,
    opening_id        uuid NOT NULL CONSTRAINT trial_opening_known REFERENCES opening,
    -- Which of the opening's places, from 1. Agreed or running, the trial has it alone on those days.
    place             integer,
    kind              trial_kind NOT NULL,
    -- The job as it was when the trial was proposed: the opening may be another borough's to change.
    title             text NOT NULL,
    soc               text COLLATE "C" REFERENCES occupation,
    hours_tenths      integer NOT NULL DEFAULT 0,
    expected_weeks    integer NOT NULL DEFAULT 0,
    starts_on         date NOT NULL,
    ends_on           date NOT NULL,
    -- Working days agreed, and worked.
    days              integer NOT NULL,
    days_worked       integer,
    -- The place is kept for a client who pauses, until this day; then somebody asks.
    kept_until        date,
    status            trial_status NOT NULL DEFAULT 'proposed',
    -- Jobcentre Plus.
    jcp_ref           text,
    jcp_agreed_on     date,
    interviewed       boolean NOT NULL DEFAULT false,
    sole_candidate    boolean NOT NULL DEFAULT false,
    volunteer         boolean NOT NULL DEFAULT false,
    -- More days than the rule allows, by prior agreement.
    override_reason   text,
    -- Private and unpaid: why more than the rule's days, and what the minimum wage asks.
    unpaid_reason     text,
    is_recruiting     boolean,
    is_longer         boolean,
    is_observed       boolean,
    is_matching       boolean,
    is_valuable       boolean,
    is_saving         boolean,
    -- Paid.
    pay_pence_hour    integer NOT NULL DEFAULT 0,
    -- Of every kind.
    observer          text,
    tasks             text,
    adjustments       text,
    travel_paid       boolean NOT NULL DEFAULT false,
    meals_pence_day   integer NOT NULL DEFAULT 0,
    insured           boolean NOT NULL DEFAULT false,
    benefits_told     boolean NOT NULL DEFAULT false,
    outcome           trial_outcome,
    outcome_reason    text,
    employer_feedback text,
    client_feedback   text,
    extends_id        uuid REFERENCES trial,
    created_at        timestamptz NOT NULL DEFAULT now(),
    agreed_at         timestamptz,
    began_at          timestamptz,
    ended_at          timestamptz,
    updated_at        timestamptz NOT NULL DEFAULT now(),
    updated_by        uuid,
    updated_by_name   text NOT NULL,
    version           bigint NOT NULL DEFAULT 1,
    CONSTRAINT trial_client_of_team FOREIGN KEY (client_id, team_id) REFERENCES client (id, team_id),
    CONSTRAINT trial_site_of_employer FOREIGN KEY (employer_id, site_id) REFERENCES site (employer_id, id),
    CONSTRAINT trial_extends_once UNIQUE (extends_id),
    CONSTRAINT trial_kind_given CHECK (kind <> 'none'),
    CONSTRAINT trial_days_order CHECK (ends_on >= starts_on),
    CONSTRAINT trial_starts_range CHECK (starts_on BETWEEN '2000-01-01' AND '2199-12-31'),
    CONSTRAINT trial_days_fit CHECK (days BETWEEN 1 AND ends_on - starts_on + 1),
    CONSTRAINT trial_days_worked_range CHECK (days_worked BETWEEN 0 AND 366),
    CONSTRAINT trial_place_range CHECK (place BETWEEN 1 AND 99),
    CONSTRAINT trial_place_given CHECK (status NOT IN ('agreed', 'running') OR place IS NOT NULL),
    CONSTRAINT trial_ended_whole CHECK ((status IN ('completed', 'ended_early', 'cancelled')) = (ended_at IS NOT NULL)),
    CONSTRAINT trial_outcome_given CHECK ((status IN ('completed', 'ended_early')) = (outcome IS NOT NULL)),
    CONSTRAINT trial_pay_kind CHECK (pay_pence_hour = 0 OR kind = 'paid'),
    CONSTRAINT trial_pay_range CHECK (pay_pence_hour BETWEEN 0 AND 100000),
    CONSTRAINT trial_meals_range CHECK (meals_pence_day BETWEEN 0 AND 10000),
    CONSTRAINT trial_jcp_ref_length CHECK (char_length(jcp_ref) BETWEEN 1 AND 60),
    CONSTRAINT trial_override_length CHECK (char_length(override_reason) BETWEEN 1 AND 500),
    CONSTRAINT trial_unpaid_reason_length CHECK (char_length(unpaid_reason) BETWEEN 1 AND 500),
    CONSTRAINT trial_observer_length CHECK (char_length(observer) BETWEEN 1 AND 100),
    CONSTRAINT trial_tasks_length CHECK (char_length(tasks) BETWEEN 1 AND 1000),
    CONSTRAINT trial_adjustments_length CHECK (char_length(adjustments) BETWEEN 1 AND 500),
    CONSTRAINT trial_outcome_reason_length CHECK (char_length(outcome_reason) BETWEEN 1 AND 500),
    CONSTRAINT trial_employer_feedback_length CHECK (char_length(employer_feedback) BETWEEN 1 AND 1000),
    CONSTRAINT trial_client_feedback_length CHECK (char_length(client_feedback) BETWEEN 1 AND 1000),
    -- Whoever comes second is refused, however close behind.
    CONSTRAINT trial_place_once EXCLUDE USING gist
        (opening_id WITH =, place WITH =, daterange(starts_on, greatest(ends_on, kept_until), '[]') WITH &&)
        WHERE (status IN ('agreed', 'running')),
    CONSTRAINT trial_client_once EXCLUDE USING gist
        (client_id WITH =, daterange(starts_on, ends_on, '[]') WITH &&)
        WHERE (status IN ('agreed', 'running'))
);
CREATE INDEX trial_client ON trial (client_id, starts_on DESC);
CREATE INDEX trial_employer ON trial (employer_id);
CREATE INDEX trial_opening ON trial (opening_id);
CREATE INDEX trial_team ON trial (team_id, starts_on);
CREATE INDEX trial_live ON trial (specialist_id) WHERE status IN ('proposed', 'agreed', 'running');
COMMENT ON TABLE trial IS 'Work trials and tasters with the record that the law asks of each kind (DOMAIN.md section 2). None counts as a job start.';
COMMENT ON COLUMN trial.meals_pence_day IS 'Jobcentre Plus pays towards meals (DOMAIN.md section 2, source 12).';
COMMENT ON CONSTRAINT trial_pkey ON trial IS 'trial.id: There is a trial with this id already.';
COMMENT ON CONSTRAINT trial_employer_known ON trial IS 'trial.employer_id: There is no such employer.';
COMMENT ON CONSTRAINT trial_opening_known ON trial IS 'trial.opening_id: There is no such opening.';
COMMENT ON CONSTRAINT trial_site_of_employer ON trial IS 'trial.site_id: This employer has no such site.';
COMMENT ON CONSTRAINT trial_extends_once ON trial IS 'trial.extends_id: This trial was extended already; extend the newer one.';
COMMENT ON CONSTRAINT trial_kind_given ON trial IS 'trial.kind: Say which kind of trial: Jobcentre Plus, private unpaid, paid, or a taster.';
COMMENT ON CONSTRAINT trial_days_order ON trial IS 'trial.ends_on: The last day comes before the first.';
COMMENT ON CONSTRAINT trial_starts_range ON trial IS 'trial.starts_on: Give a day of this century.';
COMMENT ON CONSTRAINT trial_days_fit ON trial IS 'trial.days: Days worked lie between the first day and the last: 1 at least, and no more than there are.';
COMMENT ON CONSTRAINT trial_days_worked_range ON trial IS 'days_worked: Days worked are 0 to 366.';
COMMENT ON CONSTRAINT trial_place_range ON trial IS 'trial.place: An opening has places 1 to 99.';
COMMENT ON CONSTRAINT trial_place_given ON trial IS 'trial.place: An agreed trial has a place.';
COMMENT ON CONSTRAINT trial_ended_whole ON trial IS 'trial.status: A trial that is over has its moment, and no other has one.';
COMMENT ON CONSTRAINT trial_outcome_given ON trial IS 'outcome: Say what the trial led to: offer, no offer, declined, left or extended.';
COMMENT ON CONSTRAINT trial_pay_kind ON trial IS 'trial.pay_pence_hour: Pay belongs to a paid trial; say that it is one.';
COMMENT ON CONSTRAINT trial_pay_range ON trial IS 'trial.pay_pence_hour: Pay is pence an hour before tax: £12.71 is 1271.';
COMMENT ON CONSTRAINT trial_meals_range ON trial IS 'trial.meals_pence_day: Meals are pence a day: £3 is 300.';
COMMENT ON CONSTRAINT trial_jcp_ref_length ON trial IS 'trial.jcp_ref: Keep Jobcentre Plus''s reference to 60 characters.';
COMMENT ON CONSTRAINT trial_override_length ON trial IS 'trial.override_reason: Keep it to 500 characters.';
COMMENT ON CONSTRAINT trial_unpaid_reason_length ON trial IS 'trial.unpaid_reason: Keep the reason to 500 characters.';
COMMENT ON CONSTRAINT trial_observer_length ON trial IS 'trial.observer: Say who watches in at most 100 characters.';
COMMENT ON CONSTRAINT trial_tasks_length ON trial IS 'trial.tasks: Keep the tasks to 1,000 characters.';
COMMENT ON CONSTRAINT trial_adjustments_length ON trial IS 'trial.adjustments: Keep the adjustments to 500 characters.';
COMMENT ON CONSTRAINT trial_outcome_reason_length ON trial IS 'reason: Keep the reason to 500 characters.';
COMMENT ON CONSTRAINT trial_employer_feedback_length ON trial IS 'employer_feedback: Keep the feedback to 1,000 characters.';
COMMENT ON CONSTRAINT trial_client_feedback_length ON trial IS 'client_feedback: Keep the feedback to 1,000 characters.';
COMMENT ON CONSTRAINT trial_place_once ON trial IS 'trial.starts_on: This place is taken on these days.';
COMMENT ON CONSTRAINT trial_client_once ON trial IS 'trial.starts_on: This client has another trial on these days.';

-- ---- jobs ----

CREATE TYPE job_end AS ENUM ('contract_ended', 'resigned', 'dismissed', 'redundant', 'health', 'new_job', 'other');
CREATE TYPE pay_rhythm AS ENUM ('weekly', 'fortnightly', 'four_weekly', 'monthly');

CREATE TABLE job (
    id              uuid PRIMARY KEY DEFAULT uuid_v7(),
    borough_id      text COLLATE "C" NOT NULL REFERENCES borough,
    team_id         uuid NOT NULL,
    client_id       uuid NOT NULL,
    specialist_id   uuid NOT NULL REFERENCES specialist,
    employer_id     uuid NOT NULL CONSTRAINT job_employer_known REFERENCES employer,
    site_id         uuid,
    opening_id      uuid CONSTRAINT job_opening_known REFERENCES opening,
    trial_id        uuid CONSTRAINT job_trial_known REFERENCES trial,
    title           text NOT NULL,
    soc             text COLLATE "C" NOT NULL CONSTRAINT job_soc_known REFERENCES occupation,
    starts_on       date NOT NULL,
    -- Open to anyone, at the minimum wage or more.
    competitive     boolean NOT NULL DEFAULT true,
    pay_rhythm      pay_rhythm,
    first_pay_on    date,
    -- The last day of work.
    ends_on         date,
    end_reason      job_end,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    updated_by      uuid,
    updated_by_name text NOT NULL,
    version         bigint NOT NULL DEFAULT 1,
    CONSTRAINT job_client_of_team FOREIGN KEY (client_id, team_id) REFERENCES client (id, team_id),
    CONSTRAINT job_site_of_employer FOREIGN KEY (employer_id, site_id) REFERENCES site (employer_id, id),
    CONSTRAINT job_trial_once UNIQUE (trial_id),
    CONSTRAINT job_title_length CHECK (char_length(title) BETWEEN 1 AND 120),
    CONSTRAINT job_soc_unit CHECK (length(soc) = 4),
    CONSTRAINT job_starts_range CHECK (starts_on BETWEEN '2000-01-01' AND '2199-12-31'),
    CONSTRAINT job_days_order CHECK (ends_on >= starts_on),
    CONSTRAINT job_end_whole CHECK ((ends_on IS NULL) = (end_reason IS NULL)),
    CONSTRAINT job_first_pay_order CHECK (first_pay_on BETWEEN starts_on AND starts_on + 62)
);
CREATE INDEX job_client ON job (client_id, starts_on DESC);
CREATE INDEX job_employer ON job (employer_id);
CREATE INDEX job_opening ON job (opening_id) WHERE opening_id IS NOT NULL;
CREATE INDEX job_team ON job (team_id, starts_on);
CREATE INDEX job_held ON job (specialist_id) WHERE ends_on IS NULL;
COMMENT ON TABLE job IS 'Ordinary jobs that clients started; support for one has no end date.';
COMMENT ON CONSTRAINT job_pkey ON job IS 'job.id: There is a job with this id already.';
COMMENT ON CONSTRAINT job_employer_known ON job IS 'job.employer_id: There is no such employer.';
COMMENT ON CONSTRAINT job_opening_known ON job IS 'job.opening_id: There is no such opening.';
COMMENT ON CONSTRAINT job_trial_known ON job IS 'job.trial_id: There is no such trial.';
COMMENT ON CONSTRAINT job_site_of_employer ON job IS 'job.site_id: This employer has no such site.';
COMMENT ON CONSTRAINT job_trial_once ON job IS 'job.trial_id: The job that this trial led to is recorded already.';
COMMENT ON CONSTRAINT job_title_length ON job IS 'job.title: Give the job a title of 1 to 120 characters, as the employer calls it.';
COMMENT ON CONSTRAINT job_soc_known ON job IS 'job.soc: There is no such SOC 2020 unit group in the list.';
COMMENT ON CONSTRAINT job_soc_unit ON job IS 'job.soc: A job is one SOC 2020 unit group, four digits, like 8214.';
COMMENT ON CONSTRAINT job_starts_range ON job IS 'job.starts_on: Give a day of this century.';
COMMENT ON CONSTRAINT job_days_order ON job IS 'ends_on: The last day of work comes before the first.';
COMMENT ON CONSTRAINT job_end_whole ON job IS 'reason: Say why the job ended.';
COMMENT ON CONSTRAINT job_first_pay_order ON job IS 'job.first_pay_on: The first pay day lies within two months after the start.';

CREATE TABLE job_terms (
    job_id         uuid NOT NULL REFERENCES job,
    client_id      uuid NOT NULL REFERENCES client,
    -- They hold from here until the next row's day, or the end of the job.
    from_on        date NOT NULL,
    hours_tenths   integer NOT NULL,
    pay_pence_hour integer NOT NULL,
    permanent      boolean NOT NULL,
    PRIMARY KEY (job_id, from_on),
    CONSTRAINT job_terms_hours CHECK (hours_tenths BETWEEN 1 AND 800),
    CONSTRAINT job_terms_pay CHECK (pay_pence_hour BETWEEN 1 AND 100000)
);
CREATE INDEX job_terms_client ON job_terms (client_id);
COMMENT ON TABLE job_terms IS 'Hours, pay and permanence of each job, by the day from which they hold; the first row begins with the job.';
COMMENT ON CONSTRAINT job_terms_pkey ON job_terms IS 'from_on: The terms of this day are recorded already.';
COMMENT ON CONSTRAINT job_terms_hours ON job_terms IS 'job.hours_tenths: Hours a week are tenths of an hour from 1 to 800: 160 is 16 hours.';
COMMENT ON CONSTRAINT job_terms_pay ON job_terms IS 'job.pay_pence_hour: Pay is pence an hour before tax: £12.71 is 1271.';

CREATE TYPE lost_shift_reason AS ENUM ('unwell', 'appointment', 'caring', 'employer', 'other');
COMMENT ON TYPE lost_shift_reason IS 'Why a shift was not worked: a kind and no more.';
CREATE TABLE lost_shift (
    job_id       uuid NOT NULL REFERENCES job,
    client_id    uuid NOT NULL REFERENCES client,
    on_day       date NOT NULL,
    hours_tenths integer NOT NULL,
    reason       lost_shift_reason NOT NULL,
    recorded_by  uuid NOT NULL REFERENCES specialist,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job_id, on_day),
    CONSTRAINT lost_shift_hours CHECK (hours_tenths BETWEEN 1 AND 240)
);
CREATE INDEX lost_shift_client ON lost_shift (client_id);
COMMENT ON TABLE lost_shift IS 'Shifts that were not worked: outcome rules that count hours take them off.';
COMMENT ON CONSTRAINT lost_shift_pkey ON lost_shift IS 'on: A lost shift of this day is recorded already.';
COMMENT ON CONSTRAINT lost_shift_hours ON lost_shift IS 'hours_tenths: A shift is at most 24 hours, in tenths of an hour: 80 is 8 hours.';

-- ---- support ----

CREATE TYPE support_to AS ENUM ('client', 'employer');
CREATE TABLE support (
    id            uuid PRIMARY KEY DEFAULT uuid_v7(),
    borough_id    text COLLATE "C" NOT NULL REFERENCES borough,
    team_id       uuid NOT NULL,
    client_id     uuid NOT NULL,
    -- Neither: support on the way to a job.
    job_id        uuid CONSTRAINT support_job_known REFERENCES job,
    trial_id      uuid CONSTRAINT support_trial_known REFERENCES trial,
    given_to      support_to NOT NULL,
    at            timestamptz NOT NULL,
    mode          visit_mode NOT NULL,
    about         text,
    specialist_id uuid NOT NULL REFERENCES specialist,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT support_client_of_team FOREIGN KEY (client_id, team_id) REFERENCES client (id, team_id),
    CONSTRAINT support_about_one CHECK (num_nonnulls(job_id, trial_id) <= 1),
    CONSTRAINT support_employer_has_one CHECK (given_to = 'client' OR num_nonnulls(job_id, trial_id) = 1),
    CONSTRAINT support_about_length CHECK (char_length(about) BETWEEN 1 AND 1000)
);
CREATE INDEX support_client ON support (client_id, at DESC);
CREATE INDEX support_job ON support (job_id, given_to, at DESC) WHERE job_id IS NOT NULL;
CREATE INDEX support_trial ON support (trial_id) WHERE trial_id IS NOT NULL;
CREATE INDEX support_specialist ON support (specialist_id, at);
CREATE INDEX support_team ON support (team_id, at);
COMMENT ON TABLE support IS 'Support given to a client or their employer, before, in and after a job (fidelity items 22 and 23).';
COMMENT ON CONSTRAINT support_pkey ON support IS 'support.id: There is such a contact with this id already.';
COMMENT ON CONSTRAINT support_job_known ON support IS 'support.job_id: There is no such job.';
COMMENT ON CONSTRAINT support_trial_known ON support IS 'support.trial_id: There is no such trial.';
COMMENT ON CONSTRAINT support_about_one ON support IS 'support.trial_id: Name a job or a trial, not both.';
COMMENT ON CONSTRAINT support_employer_has_one ON support IS 'support.job_id: Say for which job or trial the employer was supported.';
COMMENT ON CONSTRAINT support_about_length ON support IS 'support.about: Keep it to 1,000 characters.';

-- ---- whose they are ----

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['disclosure', 'trial', 'job', 'job_terms', 'lost_shift', 'support'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
        EXECUTE format('CREATE POLICY own_team ON %I TO canvass_app USING (%s)', t,
                       CASE WHEN t IN ('job_terms', 'lost_shift')
                            THEN 'EXISTS (SELECT FROM canvass.client c WHERE c.id = client_id)'
                            ELSE 'team_id = (SELECT canvass.team()) AND (SELECT canvass.has_role(''specialist'', ''lead''))' END);
    END LOOP;
END
$$;
GRANT SELECT, INSERT, UPDATE ON disclosure, trial, job TO canvass_app;
GRANT SELECT, INSERT, DELETE ON job_terms, lost_shift TO canvass_app;
GRANT SELECT, INSERT ON support TO canvass_app;
GRANT SELECT ON standing_disclosure TO canvass_app;

-- Its terms on a day: those of the last row that has begun.
CREATE FUNCTION job_terms_on(job uuid, d date) RETURNS job_terms
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT t FROM job_terms t
     WHERE t.job_id = job_terms_on.job AND t.from_on <= greatest(d, (SELECT j.starts_on FROM job j WHERE j.id = t.job_id))
     ORDER BY t.from_on DESC LIMIT 1
$$;
COMMENT ON FUNCTION job_terms_on(uuid, date) IS 'The terms of a job on a day; before its start, those that it begins with.';

GRANT EXECUTE ON FUNCTION job_terms_on(uuid, date) TO canvass_app;

COMMIT;
