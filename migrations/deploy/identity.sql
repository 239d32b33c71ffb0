-- Deploy canvass:identity to pg

-- Who calls. Every transaction begins with enter(), which names the caller in settings that end
-- with the transaction; policies read them through actor(), team(), borough() and has_role().
-- In a policy they stand as (SELECT canvass.actor()), so that they are worked out once a statement.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TYPE role AS ENUM ('specialist', 'lead', 'administrator', 'auditor');
COMMENT ON TYPE role IS 'What a caller may do; one person can hold several.';

-- After SET LOCAL and COMMIT a setting reads '', not NULL: both mean nobody.
CREATE FUNCTION actor() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('canvass.actor', true), '')::uuid;
COMMENT ON FUNCTION actor() IS 'The specialist who calls; NULL for nobody.';

CREATE FUNCTION team() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('canvass.team', true), '')::uuid;
COMMENT ON FUNCTION team() IS 'The caller''s team; NULL for nobody.';

CREATE FUNCTION borough() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('canvass.borough', true), '');
COMMENT ON FUNCTION borough() IS 'The GSS code of the caller''s borough; NULL for nobody.';

CREATE FUNCTION has_role(VARIADIC any_of role[]) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(nullif(current_setting('canvass.roles', true), '')::role[] && any_of, false);
COMMENT ON FUNCTION has_role(role[]) IS 'Whether the caller holds one of these roles.';

CREATE TABLE borough (
    id   text COLLATE "C" PRIMARY KEY CONSTRAINT borough_id_gss CHECK (id ~ '^E090000(0[1-9]|[12][0-9]|3[0-3])$'),
    name text NOT NULL UNIQUE,
    -- As it stands among the words that employers are searched by.
    words text NOT NULL GENERATED ALWAYS AS (folded(name)) STORED
);
COMMENT ON TABLE borough IS 'The 33 boroughs of London with their GSS codes.';

CREATE TABLE team (
    id         uuid PRIMARY KEY DEFAULT uuid_v7(),
    borough_id text COLLATE "C" NOT NULL CONSTRAINT team_borough_known REFERENCES borough,
    name       text NOT NULL CONSTRAINT team_name_length CHECK (char_length(btrim(name)) BETWEEN 1 AND 100),
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT team_name_unique UNIQUE (borough_id, name),
    CONSTRAINT team_borough_key UNIQUE (id, borough_id)
);
COMMENT ON TABLE team IS 'The specialists of one clinical team. Its name can stand on letters, so it is neutral.';
COMMENT ON CONSTRAINT team_borough_known ON team IS 'team.borough_id: No borough has this code; London''s are E09000001 to E09000033.';
COMMENT ON CONSTRAINT team_name_length ON team IS 'team.name: Give the team a name of 1 to 100 characters.';
COMMENT ON CONSTRAINT team_name_unique ON team IS 'team.name: This borough has a team of that name already.';
COMMENT ON CONSTRAINT team_pkey ON team IS 'team.id: There is a team with this id already.';

CREATE TABLE specialist (
    id         uuid PRIMARY KEY DEFAULT uuid_v7(),
    name       text NOT NULL CONSTRAINT specialist_name_length CHECK (char_length(btrim(name)) BETWEEN 1 AND 100),
    email      text NOT NULL CONSTRAINT specialist_email_form CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+\.[^@[:space:]]+$' AND char_length(email) <= 254),
    team_id    uuid NOT NULL,
    borough_id text COLLATE "C" NOT NULL,
    roles      role[] NOT NULL CONSTRAINT specialist_roles_some CHECK (cardinality(roles) BETWEEN 1 AND 4),
    active     boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT specialist_team_known FOREIGN KEY (team_id, borough_id) REFERENCES team (id, borough_id),
    -- So that other tables can insist on a specialist of the same borough or team.
    CONSTRAINT specialist_borough_key UNIQUE (id, borough_id),
    CONSTRAINT specialist_team_key UNIQUE (id, team_id)
);
CREATE UNIQUE INDEX specialist_email_unique ON specialist (lower(email));
CREATE INDEX specialist_team ON specialist (team_id);
COMMENT ON TABLE specialist IS 'A person who calls: employment specialists, leads, administrators, auditors.';
COMMENT ON CONSTRAINT specialist_name_length ON specialist IS 'specialist.name: Give a name of 1 to 100 characters.';
COMMENT ON CONSTRAINT specialist_email_form ON specialist IS 'specialist.email: Give a work address like amira@trust.example.';
COMMENT ON CONSTRAINT specialist_roles_some ON specialist IS 'specialist.roles: Give at least one role.';
COMMENT ON CONSTRAINT specialist_team_known ON specialist IS 'specialist.team_id: There is no such team.';
COMMENT ON CONSTRAINT specialist_pkey ON specialist IS 'specialist.id: There is a specialist with this id already.';
COMMENT ON INDEX specialist_email_unique IS 'specialist.email: Somebody has this address already.';

CREATE TABLE token (
    id            uuid PRIMARY KEY DEFAULT uuid_v7(),
    -- SHA-256 of the whole text of the token: 256 random bits need no slow hash.
    hash          bytea NOT NULL CONSTRAINT token_hash_length CHECK (octet_length(hash) = 32),
    specialist_id uuid NOT NULL REFERENCES specialist,
    label         text NOT NULL CONSTRAINT token_label_length CHECK (char_length(btrim(label)) BETWEEN 1 AND 60),
    created_at    timestamptz NOT NULL DEFAULT now(),
    created_by    uuid REFERENCES specialist,
    expires_at    timestamptz NOT NULL,
    revoked_at    timestamptz,
    -- Moved by writing calls alone, once a day, so that a read stays a read.
    last_used     date,
    -- The one method that it may call; NULL: all that its holder may.
    method        text COLLATE "C",
    CONSTRAINT token_hash_unique UNIQUE (hash),
    CONSTRAINT token_expiry CHECK (expires_at > created_at AND expires_at <= created_at + interval '401 days')
);
CREATE INDEX token_specialist ON token (specialist_id);
COMMENT ON TABLE token IS 'Tokens that people call with. Shown once, stored as a hash.';
COMMENT ON CONSTRAINT token_label_length ON token IS 'label: Say what the token is for, in 1 to 60 characters.';
COMMENT ON CONSTRAINT token_expiry ON token IS 'days: A token lasts 1 to 400 days.';

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['borough', 'team', 'specialist', 'token'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
    END LOOP;
END
$$;

CREATE POLICY callers ON borough FOR SELECT TO canvass_app
    USING ((SELECT canvass.actor()) IS NOT NULL);
CREATE POLICY callers ON team FOR SELECT TO canvass_app
    USING ((SELECT canvass.actor()) IS NOT NULL);
CREATE POLICY add ON team FOR INSERT TO canvass_app
    WITH CHECK ((SELECT canvass.has_role('administrator')));
-- Addresses and roles of people: their own borough's, and an administrator's business.
CREATE POLICY own_borough ON specialist FOR SELECT TO canvass_app
    USING (borough_id = (SELECT canvass.borough()) OR (SELECT canvass.has_role('administrator')));
CREATE POLICY add ON specialist FOR INSERT TO canvass_app
    WITH CHECK ((SELECT canvass.has_role('administrator'))
                OR (team_id = (SELECT canvass.team()) AND (SELECT canvass.has_role('lead'))
                    AND roles <@ '{specialist,lead}'));
CREATE POLICY own ON token FOR SELECT TO canvass_app
    USING (specialist_id = (SELECT canvass.actor()) OR (SELECT canvass.has_role('administrator')));
CREATE POLICY add ON token FOR INSERT TO canvass_app
    WITH CHECK (created_by = (SELECT canvass.actor())
                AND (specialist_id = (SELECT canvass.actor())
                     OR (SELECT canvass.has_role('administrator'))));
CREATE POLICY revoke ON token FOR UPDATE TO canvass_app
    USING (specialist_id = (SELECT canvass.actor()) OR (SELECT canvass.has_role('administrator')));

GRANT SELECT ON borough TO canvass_app;
GRANT SELECT, INSERT ON team, specialist TO canvass_app;
GRANT INSERT ON token TO canvass_app;
-- The hash of a token is read by enter() alone.
GRANT SELECT (id, specialist_id, label, created_at, created_by, expires_at, revoked_at, last_used, method)
    ON token TO canvass_app;
GRANT UPDATE (revoked_at) ON token TO canvass_app;

-- The name of a colleague of any borough; nothing else of them crosses.
CREATE FUNCTION specialist_name(specialist_id uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE STRICT
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT s.name FROM specialist s WHERE s.id = specialist_id AND actor() IS NOT NULL);
END
$$;
COMMENT ON FUNCTION specialist_name(uuid) IS 'Display name of a specialist of any borough.';

-- The caller's own display name, for stamps.
CREATE FUNCTION actor_name() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT s.name FROM specialist s WHERE s.id = actor());
END
$$;

-- The first person of an installation, who can then add everybody else. Not for the application.
CREATE FUNCTION bootstrap(borough_id text, team_name text, person_name text, email text,
                          roles role[], token_hash bytea, label text)
RETURNS uuid
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    team_found uuid;
    person uuid;
BEGIN
    INSERT INTO team AS t (borough_id, name) VALUES (bootstrap.borough_id, team_name)
        ON CONFLICT ON CONSTRAINT team_name_unique DO UPDATE SET name = excluded.name
        RETURNING t.id INTO team_found;
    INSERT INTO specialist AS s (name, email, team_id, borough_id, roles)
        VALUES (person_name, bootstrap.email, team_found, bootstrap.borough_id, bootstrap.roles)
        ON CONFLICT (lower(s.email)) DO UPDATE SET roles = excluded.roles
        RETURNING s.id INTO person;
    INSERT INTO token (hash, specialist_id, label, expires_at)
        VALUES (token_hash, person, bootstrap.label, now() + interval '90 days')
        ON CONFLICT ON CONSTRAINT token_hash_unique DO NOTHING;
    RETURN person;
END
$$;
COMMENT ON FUNCTION bootstrap(text, text, text, text, role[], bytea, text) IS
    'Make a team, a person and a token from outside: for the owner, never for the application.';

GRANT EXECUTE ON FUNCTION actor(), team(), borough(), has_role(role[]), specialist_name(uuid),
    actor_name() TO canvass_app;

INSERT INTO borough (id, name) VALUES
    ('E09000001', 'City of London'),
    ('E09000002', 'Barking and Dagenham'),
    ('E09000003', 'Barnet'),
    ('E09000004', 'Bexley'),
    ('E09000005', 'Brent'),
    ('E09000006', 'Bromley'),
    ('E09000007', 'Camden'),
    ('E09000008', 'Croydon'),
    ('E09000009', 'Ealing'),
    ('E09000010', 'Enfield'),
    ('E09000011', 'Greenwich'),
    ('E09000012', 'Hackney'),
    ('E09000013', 'Hammersmith and Fulham'),
    ('E09000014', 'Haringey'),
    ('E09000015', 'Harrow'),
    ('E09000016', 'Havering'),
    ('E09000017', 'Hillingdon'),
    ('E09000018', 'Hounslow'),
    ('E09000019', 'Islington'),
    ('E09000020', 'Kensington and Chelsea'),
    ('E09000021', 'Kingston upon Thames'),
    ('E09000022', 'Lambeth'),
    ('E09000023', 'Lewisham'),
    ('E09000024', 'Merton'),
    ('E09000025', 'Newham'),
    ('E09000026', 'Redbridge'),
    ('E09000027', 'Richmond upon Thames'),
    ('E09000028', 'Southwark'),
    ('E09000029', 'Sutton'),
    ('E09000030', 'Tower Hamlets'),
    ('E09000031', 'Waltham Forest'),
    ('E09000032', 'Wandsworth'),
    ('E09000033', 'Westminster');

COMMIT;
