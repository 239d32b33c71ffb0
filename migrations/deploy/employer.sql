-- Deploy canvass:employer to pg

-- The registry. Employers and sites belong to the network; a contact's details and a relationship
-- to one borough. Functions of later changes write these rows; the constraints here carry the
-- sentences that callers read, "field.path: Sentence."

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TYPE disability_confident AS ENUM ('committed', 'employer', 'leader');
CREATE TYPE lawful_basis AS ENUM ('legitimate_interests', 'consent', 'public_task');
CREATE TYPE stage AS ENUM ('fair', 'hired', 'regular', 'responsive', 'supporter');
COMMENT ON TYPE stage IS 'Depth of a relationship: 1 cold or fair, 2 hired once or twice, 3 regular hiring, 4 responsive, 5 consistent support.';
CREATE TYPE stance AS ENUM ('warm', 'ambivalent', 'cold', 'declined');
COMMENT ON TYPE stance IS 'How the employer took the visit.';

CREATE TABLE employer (
    id                         uuid PRIMARY KEY DEFAULT uuid_v7(),
    name                       text NOT NULL,
    trading_as                 text,
    -- normal_name(name): what the name is compared, listed and found by. Not a generated column,
    -- because an import has worked it out already; the trigger fills it in for everybody else.
    name_key                   text COLLATE natural_order NOT NULL,
    company_number             text COLLATE "C",
    sic                        text COLLATE "C",
    website                    text,
    phone                      text,
    staff                      integer NOT NULL DEFAULT 0,
    disability_confident       disability_confident,
    disability_confident_until date,
    living_wage                boolean NOT NULL DEFAULT false,
    living_wage_until          date,
    about                      text,
    -- "fhrs:592": the rows of employer_ref, kept here too because every read shows them.
    refs                       text[] NOT NULL DEFAULT '{}',
    -- Sites that are not closed; an employer without one is found by its name alone.
    open_sites                 integer NOT NULL DEFAULT 0,
    -- Here, too, because every read of an employer shows it, and a join would cost each a third of
    -- its time.
    blocked_on                 date,
    created_at                 timestamptz NOT NULL DEFAULT now(),
    created_by                 uuid,
    created_by_name            text NOT NULL DEFAULT 'import',
    updated_at                 timestamptz NOT NULL DEFAULT now(),
    updated_by                 uuid,
    updated_by_name            text NOT NULL DEFAULT 'import',
    version                    bigint NOT NULL DEFAULT 1,
    CONSTRAINT employer_name_length CHECK (char_length(btrim(name)) BETWEEN 1 AND 200),
    CONSTRAINT employer_trading_as_length CHECK (char_length(trading_as) BETWEEN 1 AND 200),
    CONSTRAINT employer_company_number_form CHECK (company_number ~ '^([0-9]{8}|[A-Z]{2}[0-9]{6}|[A-Z][A-Z0-9][A-Z0-9]{6})$'),
    CONSTRAINT employer_sic_form CHECK (sic ~ '^[0-9]{5}$'),
    CONSTRAINT employer_website_form CHECK (website ~* '^https?://[^[:space:]]+$' AND char_length(website) <= 500),
    CONSTRAINT employer_phone_form CHECK (phone ~ '^[+0-9][-0-9 ()./]*( ?(x|ext\.?) ?[0-9]+)?$' AND char_length(phone) BETWEEN 3 AND 40),
    CONSTRAINT employer_staff_range CHECK (staff BETWEEN 0 AND 2000000),
    CONSTRAINT employer_confident_until CHECK (disability_confident_until IS NULL OR disability_confident IS NOT NULL),
    CONSTRAINT employer_living_wage_until CHECK (living_wage_until IS NULL OR living_wage),
    CONSTRAINT employer_about_length CHECK (char_length(about) BETWEEN 1 AND 4000)
);
CREATE INDEX employer_name ON employer (name_key, id);
CREATE INDEX employer_name_trigrams ON employer USING gin (name_key gin_trgm_ops);
COMMENT ON COLUMN employer.blocked_on IS 'The day on which it asked not to be contacted; kept by a trigger of change guard.';
COMMENT ON TABLE employer IS 'Employers, shared by every borough.';
COMMENT ON CONSTRAINT employer_pkey ON employer IS 'employer.id: There is an employer with this id already.';
COMMENT ON CONSTRAINT employer_name_length ON employer IS 'employer.name: Give the employer a name of 1 to 200 characters.';
COMMENT ON CONSTRAINT employer_trading_as_length ON employer IS 'employer.trading_as: The name over the door has at most 200 characters.';
COMMENT ON CONSTRAINT employer_company_number_form ON employer IS 'employer.company_number: A Companies House number has 8 characters, like 01234567 or SC123456.';
COMMENT ON CONSTRAINT employer_sic_form ON employer IS 'employer.sic: A SIC 2007 code has five digits, like 56102.';
COMMENT ON CONSTRAINT employer_website_form ON employer IS 'employer.website: Write the whole address, like https://example.org.';
COMMENT ON CONSTRAINT employer_phone_form ON employer IS 'employer.phone: A telephone number has digits, spaces and at most a + in front: 020 7946 0123.';
COMMENT ON CONSTRAINT employer_staff_range ON employer IS 'employer.staff: Give roughly how many people work there; 0 where it is not known.';
COMMENT ON CONSTRAINT employer_confident_until ON employer IS 'employer.disability_confident_until: Say at which level the employer is Disability Confident, too.';
COMMENT ON CONSTRAINT employer_living_wage_until ON employer IS 'employer.living_wage_until: Say that the employer is accredited, too.';
COMMENT ON CONSTRAINT employer_about_length ON employer IS 'employer.about: Keep it to 4,000 characters.';
COMMENT ON COLUMN employer.sic IS 'Any five digits: the industry list may not be loaded.';

CREATE FUNCTION employer_name_key() RETURNS trigger
LANGUAGE plpgsql
SET search_path = canvass, pg_temp
AS $$
BEGIN
    NEW.name_key := normal_name(NEW.name);
    RETURN NEW;
END
$$;
CREATE TRIGGER name_key_new BEFORE INSERT ON employer
    FOR EACH ROW WHEN (NEW.name_key IS NULL) EXECUTE FUNCTION employer_name_key();
CREATE TRIGGER name_key_changed BEFORE UPDATE OF name, name_key ON employer
    FOR EACH ROW WHEN (NEW.name <> OLD.name OR NEW.name_key IS DISTINCT FROM OLD.name_key)
    EXECUTE FUNCTION employer_name_key();

CREATE TABLE site (
    id              uuid PRIMARY KEY DEFAULT uuid_v7(),
    employer_id     uuid NOT NULL CONSTRAINT site_employer_known REFERENCES employer,
    name            text,
    address         text[] NOT NULL DEFAULT '{}',
    postcode        text COLLATE "C",
    easting         integer,
    northing        integer,
    approximate     boolean NOT NULL DEFAULT false,
    borough_id      text COLLATE "C",
    phone           text,
    closed          boolean NOT NULL DEFAULT false,
    -- Every word of its names, address, borough and postcode, folded: what it is found by.
    words           tsvector NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    updated_by      uuid,
    updated_by_name text NOT NULL DEFAULT 'import',
    version         bigint NOT NULL DEFAULT 1,
    CONSTRAINT site_name_length CHECK (char_length(name) BETWEEN 1 AND 100),
    CONSTRAINT site_address_lines CHECK (cardinality(address) <= 4 AND char_length(array_to_string(address, '')) <= 400),
    CONSTRAINT site_postcode_form CHECK (postcode ~ '^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$'),
    CONSTRAINT site_point_whole CHECK ((easting IS NULL) = (northing IS NULL)),
    CONSTRAINT site_phone_form CHECK (phone ~ '^[+0-9][-0-9 ()./]*( ?(x|ext\.?) ?[0-9]+)?$' AND char_length(phone) BETWEEN 3 AND 40),
    -- So that contacts, visits and openings can insist on a site of the same employer.
    CONSTRAINT site_employer_key UNIQUE (employer_id, id)
);
CREATE INDEX site_postcode ON site (postcode);
CREATE INDEX site_words ON site USING gin (words) WHERE NOT closed;
COMMENT ON TABLE site IS 'Where an employer can be visited. Shared by every borough.';
COMMENT ON CONSTRAINT site_pkey ON site IS 'site.id: There is a site with this id already.';
COMMENT ON CONSTRAINT site_employer_known ON site IS 'site.employer_id: There is no such employer.';
COMMENT ON CONSTRAINT site_name_length ON site IS 'site.name: Keep what tells the site apart to 100 characters.';
COMMENT ON CONSTRAINT site_address_lines ON site IS 'site.address: Give at most 4 lines and 400 characters.';
COMMENT ON CONSTRAINT site_postcode_form ON site IS 'site.postcode: A postcode looks like SW9 8HE.';
COMMENT ON CONSTRAINT site_phone_form ON site IS 'site.phone: A telephone number has digits, spaces and at most a + in front: 020 7946 0123.';

-- What a site is found by.
CREATE FUNCTION site_words(employer_name text, trading_as text, site_name text, address text[],
                           borough_id text, postcode text)
RETURNS tsvector
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN word_vector(folded(concat_ws(
        ' ', employer_name, trading_as, site_name, array_to_string(address, ' '),
        (SELECT b.words FROM borough b WHERE b.id = site_words.borough_id), postcode)));
END
$$;

CREATE FUNCTION site_words_new() RETURNS trigger
LANGUAGE plpgsql
SET search_path = canvass, pg_temp
AS $$
BEGIN
    NEW.words := (SELECT site_words(e.name, e.trading_as, NEW.name, NEW.address, NEW.borough_id,
                                    NEW.postcode)
                    FROM employer e WHERE e.id = NEW.employer_id);
    RETURN NEW;
END
$$;
CREATE TRIGGER words_new BEFORE INSERT ON site
    FOR EACH ROW WHEN (NEW.words IS NULL) EXECUTE FUNCTION site_words_new();

-- Which rows of other people's lists an employer came from.
CREATE TABLE employer_ref (
    source      text COLLATE "C" NOT NULL CONSTRAINT employer_ref_source_form CHECK (source ~ '^[a-z][a-z0-9_-]{0,30}$'),
    ref         text COLLATE "C" NOT NULL CONSTRAINT employer_ref_length CHECK (char_length(ref) BETWEEN 1 AND 100),
    -- Without foreign keys: import_employers() alone adds rows, 1,000 at a time, next to the rows that
    -- they name; nothing deletes those, and the checks cost a sixth of an import.
    employer_id uuid NOT NULL,
    site_id     uuid,
    -- Of the row as it was last imported: the same row again changes nothing, so that what people
    -- mended by hand outlives the next import of the same list.
    row_hash    bigint NOT NULL,
    CONSTRAINT employer_ref_pkey PRIMARY KEY (source, ref)
);
COMMENT ON TABLE employer_ref IS 'The rows of lists that are known, each naming one employer for ever.';
COMMENT ON CONSTRAINT employer_ref_source_form ON employer_ref IS 'source: A list has a short name in lower case, like fhrs.';
COMMENT ON CONSTRAINT employer_ref_length ON employer_ref IS 'rows.ref: A reference has at most 100 characters.';

-- A person to talk to. Kept under UK GDPR: source, basis, when they were told, objection, when the
-- details were last checked (DOMAIN.md section 5).
CREATE TABLE contact (
    id              uuid PRIMARY KEY DEFAULT uuid_v7(),
    employer_id     uuid NOT NULL CONSTRAINT contact_employer_known REFERENCES employer,
    site_id         uuid,
    borough_id      text COLLATE "C" NOT NULL REFERENCES borough,
    name            text NOT NULL,
    job             text,
    hires           boolean NOT NULL DEFAULT false,
    phone           text,
    email           text,
    source          text NOT NULL,
    basis           lawful_basis,
    told_on         date,
    objected_on     date,
    checked_on      date,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    updated_by      uuid,
    updated_by_name text NOT NULL,
    version         bigint NOT NULL DEFAULT 1,
    CONSTRAINT contact_site_of_employer FOREIGN KEY (employer_id, site_id) REFERENCES site (employer_id, id),
    CONSTRAINT contact_name_length CHECK (char_length(btrim(name)) BETWEEN 1 AND 100),
    CONSTRAINT contact_job_length CHECK (char_length(job) BETWEEN 1 AND 100),
    CONSTRAINT contact_phone_form CHECK (phone ~ '^[+0-9][-0-9 ()./]*( ?(x|ext\.?) ?[0-9]+)?$' AND char_length(phone) BETWEEN 3 AND 40),
    CONSTRAINT contact_email_form CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$' AND char_length(email) <= 254),
    CONSTRAINT contact_source_length CHECK (char_length(btrim(source)) BETWEEN 1 AND 200),
    CONSTRAINT contact_basis_given CHECK (basis IS NOT NULL),
    CONSTRAINT contact_employer_key UNIQUE (employer_id, id)
);
CREATE INDEX contact_employer ON contact (employer_id, borough_id);
COMMENT ON TABLE contact IS 'People at an employer; their details are their borough''s alone.';
COMMENT ON CONSTRAINT contact_pkey ON contact IS 'contact.id: There is a contact with this id already.';
COMMENT ON CONSTRAINT contact_employer_known ON contact IS 'contact.employer_id: There is no such employer.';
COMMENT ON CONSTRAINT contact_site_of_employer ON contact IS 'contact.site_id: This employer has no such site.';
COMMENT ON CONSTRAINT contact_name_length ON contact IS 'contact.name: Give a name of 1 to 100 characters.';
COMMENT ON CONSTRAINT contact_job_length ON contact IS 'contact.job: Keep what they do there to 100 characters.';
COMMENT ON CONSTRAINT contact_phone_form ON contact IS 'contact.phone: A telephone number has digits, spaces and at most a + in front: 020 7946 0123.';
COMMENT ON CONSTRAINT contact_email_form ON contact IS 'contact.email: An address looks like sam@shop.example.';
COMMENT ON CONSTRAINT contact_source_length ON contact IS 'contact.source: Say where the details came from, like "met at the shop".';
COMMENT ON CONSTRAINT contact_basis_given ON contact IS 'contact.basis: Say why the details may be kept: legitimate interests, consent or public task.';

-- Who must not be contacted by anybody, as hashes: the network learns that somebody objected only
-- by trying to keep the same person again.
CREATE TABLE objection (
    employer_id uuid NOT NULL REFERENCES employer,
    -- SHA-256 of a folded name, a telephone number's digits or an address in lower case.
    hash        bytea NOT NULL,
    contact_id  uuid NOT NULL REFERENCES contact,
    objected_on date NOT NULL,
    PRIMARY KEY (employer_id, hash)
);
COMMENT ON TABLE objection IS 'People who objected to being kept or contacted, for every borough.';

CREATE TABLE relationship (
    employer_id     uuid NOT NULL CONSTRAINT relationship_employer_known REFERENCES employer,
    borough_id      text COLLATE "C" NOT NULL REFERENCES borough,
    stage           stage,
    lead_id         uuid,
    stance          stance,
    last_visit_at   timestamptz,
    next_touch_at   timestamptz,
    next_step       text,
    updated_at      timestamptz NOT NULL DEFAULT now(),
    updated_by      uuid,
    updated_by_name text NOT NULL,
    version         bigint NOT NULL DEFAULT 1,
    CONSTRAINT relationship_pkey PRIMARY KEY (employer_id, borough_id),
    CONSTRAINT relationship_lead_of_borough FOREIGN KEY (lead_id, borough_id) REFERENCES specialist (id, borough_id),
    CONSTRAINT relationship_next_step_length CHECK (char_length(next_step) BETWEEN 1 AND 500),
    CONSTRAINT relationship_next_touch_range CHECK (next_touch_at BETWEEN '2000-01-01 00:00Z' AND '2200-01-01 00:00Z')
);
CREATE INDEX relationship_due ON relationship (borough_id, next_touch_at) WHERE next_touch_at IS NOT NULL;
COMMENT ON TABLE relationship IS 'What one borough has with one employer.';
COMMENT ON CONSTRAINT relationship_employer_known ON relationship IS 'relationship.employer_id: There is no such employer.';
COMMENT ON CONSTRAINT relationship_lead_of_borough ON relationship IS 'relationship.lead_id: The lead is somebody of your borough.';
COMMENT ON CONSTRAINT relationship_next_step_length ON relationship IS 'relationship.next_step: Keep it to 500 characters.';
COMMENT ON CONSTRAINT relationship_next_touch_range ON relationship IS 'relationship.next_touch_at: Give a date of this century.';

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['employer', 'site', 'employer_ref', 'contact', 'objection',
                             'relationship'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['employer', 'site', 'employer_ref'] LOOP
        EXECUTE format('CREATE POLICY network ON %I FOR SELECT TO canvass_app
                            USING ((SELECT canvass.actor()) IS NOT NULL)', t);
        EXECUTE format('CREATE POLICY add ON %I FOR INSERT TO canvass_app WITH CHECK
                            ((SELECT canvass.has_role(''specialist'', ''lead'', ''administrator'')))', t);
        EXECUTE format('CREATE POLICY change ON %I FOR UPDATE TO canvass_app USING
                            ((SELECT canvass.has_role(''specialist'', ''lead'', ''administrator'')))', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['contact', 'relationship'] LOOP
        EXECUTE format('CREATE POLICY own_borough ON %I FOR SELECT TO canvass_app
                            USING (borough_id = (SELECT canvass.borough())
                                   AND (SELECT canvass.has_role(''specialist'', ''lead'')))', t);
        EXECUTE format('CREATE POLICY add ON %I FOR INSERT TO canvass_app
                            WITH CHECK (borough_id = (SELECT canvass.borough())
                                        AND (SELECT canvass.has_role(''specialist'', ''lead'')))', t);
        EXECUTE format('CREATE POLICY change ON %I FOR UPDATE TO canvass_app
                            USING (borough_id = (SELECT canvass.borough())
                                   AND (SELECT canvass.has_role(''specialist'', ''lead'')))', t);
    END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION site_words(text, text, text, text[], text, text) TO canvass_app;
GRANT SELECT, INSERT, UPDATE ON employer, site, employer_ref, contact, relationship TO canvass_app;

COMMIT;
