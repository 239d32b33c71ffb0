-- Deploy canvass:duplicates to pg

-- How likely two rows of the registry are one employer: the one place where that is worked out.
-- FindSimilar, CreateEmployer, AddSite, the report of an import and the sweep all look at the same
-- profiles and weigh the same evidence.
--
-- A profile is one way to see an employer: one of its names at one of its sites. Two profiles give
-- evidence, an array of numbers; a row of twin_weight says what each of them counts, in log-odds; the
-- sum through the logistic function is the score, 0 to 1. What is common says little: a word of a
-- name by how many employers bear it, a postcode, telephone number or website by how many share it.
--
-- The functions run as the owner: behind a policy, an operator that is not leakproof finds no index.
-- They read employers and sites, which are the network's, and the caller's own borough's contacts.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DO $$ BEGIN PERFORM show_limit(); END $$;

-- What the evidence counts. The positions are those of twin_evidence(). tests/bench/dups.py fit prints
-- these weights: a logistic regression on half of the labelled pairs of several lists. How much each
-- list has to say, and the weights that are given and not fitted, stand at its head; they were chosen
-- with an eye on both halves, so the other half is not quite unseen. name_alike and crowd are given,
-- as no list has enough misspelt names and agents' doors; so are those of websites and company
-- numbers. The lists weigh differently, so a score ranks well but is only roughly a chance.
CREATE TABLE twin_weight (
    position smallint PRIMARY KEY,
    evidence text NOT NULL UNIQUE,
    weight   double precision NOT NULL,
    about    text NOT NULL
);
COMMENT ON TABLE twin_weight IS 'What each piece of evidence counts towards two employers being one, in log-odds.';
INSERT INTO twin_weight (position, evidence, weight, about) VALUES
    ( 1, 'prior',                  -5.6, 'Always 1: two employers taken at random are two.'),
    ( 2, 'name_alike',              2.0, '0 to 1: how much of both names is found in the other, each word by its rarity, or how alike the letters are.'),
    ( 3, 'name_within',             1.4, '0 to 1: how much of one name is found in the other ("Zizzi" in "Zizzi / Coco Di Mama").'),
    ( 4, 'words_shared',            0.8, 'Rarity of the words that both names have, 0 to 5: "Restaurant" says little.'),
    ( 5, 'name_equal',              4.9, '0 to 1: the normal names are the same, by the rarity of their words: "Restaurant" names nobody.'),
    ( 6, 'registered_equal',        4.1, '1: the same, and both are registered (Ltd, PLC, LLP): the register has a name only once.'),
    ( 7, 'registered_differ',      -2.3, '1: both are registered, and under names that differ by more than a letter: a group and its companies.'),
    ( 8, 'bearers',                -3.6, 'ln of half the number of places with that name, unless both are at one: a chain''s many sites are many employers.'),
    ( 9, 'same_postcode',           0.0, '1: at the same postcode.'),
    (10, 'crowd',                  -1.5, 'ln of half of how many names share that postcode, to 1.6: what ten share, or an agent''s hundreds, says little.'),
    (11, 'near',                    0.4, '1: within 250 metres, or in the same postcode sector.'),
    (12, 'far',                    -3.0, '1: more than a kilometre apart, or in different postcode districts.'),
    (13, 'same_door',               1.2, '1: the same number in the same street; a half at the same postcode where one address is not known.'),
    (14, 'other_door',             -3.4, '1: both have a number, and none in common, at places that are not far apart.'),
    (15, 'street',                  1.4, '0 to 1: how many words of the shorter address are found in the other.'),
    (16, 'same_phone',              4.2, '1: the same telephone number.'),
    (17, 'phone_sharers',          -0.4, 'ln of how many more than two employers have that number: a switchboard.'),
    (18, 'other_phone',             0.0, '1: both have a number, and none in common.'),
    (19, 'same_web',                2.5, '1: the same website, or the same domain of e-mail.'),
    (20, 'web_sharers',            -0.8, 'ln of how many more than two employers have that website: a chain''s.'),
    (21, 'same_company',           12.0, '1: the same company number.'),
    (22, 'other_company',          -8.0, '1: both have a company number, and not the same.');

-- From which score on what is done.
CREATE TABLE twin_threshold (
    purpose text PRIMARY KEY CHECK (purpose IN ('show', 'ask', 'ask_far', 'import', 'list')),
    score   double precision NOT NULL CHECK (score BETWEEN 0 AND 1),
    about   text NOT NULL
);
COMMENT ON TABLE twin_threshold IS 'From which score on likely twins are shown, asked about, listed.';
INSERT INTO twin_threshold (purpose, score, about) VALUES
    ('show', 0.05, 'While typing: shown as perhaps the same.'),
    ('ask',  0.65, 'On creating: not made unless the caller says that it is another one.'),
    ('ask_far', 0.99, 'The same, where both places are known and far apart: a second place is no second employer, but seldom a mistake.'),
    ('import', 0.40, 'After an import: a warning to the row.'),
    ('list', 0.50, 'By the sweep: more likely one employer than two.');

-- Hosts that say nothing of who uses them.
CREATE TABLE public_host (
    host text COLLATE "C" PRIMARY KEY,
    about text NOT NULL
);
COMMENT ON TABLE public_host IS 'Domains of e-mail and websites that anybody may have.';
INSERT INTO public_host (host, about)
SELECT h, 'e-mail' FROM unnest('{aol.co.uk,aol.com,btconnect.com,btinternet.com,btopenworld.com,fastmail.com,gmail.com,gmx.co.uk,gmx.com,googlemail.com,hotmail.co.uk,hotmail.com,icloud.com,live.co.uk,live.com,mac.com,mail.com,me.com,msn.com,nhs.net,ntlworld.com,outlook.com,proton.me,protonmail.com,sky.com,talktalk.net,tiscali.co.uk,virginmedia.com,yahoo.co.uk,yahoo.com,ymail.com}'::text[]) AS h
UNION ALL
SELECT h, 'pages of many' FROM unnest('{business.site,deliveroo.co.uk,facebook.com,google.co.uk,google.com,instagram.com,just-eat.co.uk,linkedin.com,linktr.ee,sites.google.com,tiktok.com,tripadvisor.co.uk,twitter.com,ubereats.com,wixsite.com,wordpress.com,x.com,yell.com,youtube.com}'::text[]) AS h;

-- "020 7946 0123", "+44 (0)20 7946 0123" and "02079460123 ext. 4" are one number.
CREATE FUNCTION phone_digits(phone text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN substring(regexp_replace(regexp_replace(regexp_replace(lower(phone), '(x|ext).*$', ''), '[^0-9+]', '', 'g'),
                                '^(\+44|0044)0?', '0') FROM '^\+?[0-9]{7,}$');
COMMENT ON FUNCTION phone_digits(text) IS 'A telephone number for comparing: digits, +44 as 0, no extension; NULL if too short.';

CREATE FUNCTION web_host(website text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN substring(lower(website) FROM '^(?:https?://)?(?:www\.)?([a-z0-9][a-z0-9.-]*\.[a-z]{2,})(?:[/:?#]|$)');
COMMENT ON FUNCTION web_host(text) IS 'The host of a website without www: shop.example.';

CREATE INDEX employer_phone ON employer (phone_digits(phone)) WHERE phone IS NOT NULL;
CREATE INDEX site_phone ON site (phone_digits(phone)) WHERE phone IS NOT NULL;
CREATE INDEX employer_web ON employer (web_host(website)) WHERE website IS NOT NULL;
CREATE INDEX employer_company ON employer (company_number) WHERE company_number IS NOT NULL;
CREATE INDEX employer_without_site ON employer USING gin (name_key gin_trgm_ops) WHERE open_sites = 0;

-- The words of a normal name that tell something, in order, each once. A name of nothing else keeps
-- what it has.
CREATE FUNCTION name_words(name_key text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    all_words text[] := string_to_array(name_key COLLATE "C", ' ');
    words text[] := ARRAY(SELECT x.word FROM unnest(all_words) WITH ORDINALITY AS x (word, i)
                           WHERE x.word <> ALL ('{a,and,at,by,cic,co,company,corp,for,in,inc,llp,lp,ltd,limited,of,on,plc,t,the,to}')
                           GROUP BY x.word ORDER BY min(x.i));
BEGIN
    RETURN CASE WHEN words = '{}' THEN all_words ELSE words END;
END
$$;
COMMENT ON FUNCTION name_words(text) IS 'The words of a normal name that tell something, each once.';

-- The names that an employer goes by: "Asian Supermarket Ltd: T/A Best Food" has two.
CREATE FUNCTION name_aliases(name text, name_key text, trading_as text, OUT key text, OUT registered boolean)
RETURNS SETOF record
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 1
AS $$
DECLARE
    piece text;
BEGIN
    key := name_key COLLATE "C";
    registered := name ~* '\m(ltd|limited|plc|llp|l\.p|cic|c\.i\.c|p\.l\.c)\M';
    RETURN NEXT;
    IF trading_as IS NULL AND name !~* '\m(t/a|t/as|trading as|formerly|previously|aka)\M' THEN
        RETURN;
    END IF;
    FOR piece IN SELECT p FROM regexp_split_to_table(name, '[[:space:](:,;-]*\m(?:t/as?|trading as|formerly|previously|aka)\M[.:]?', 'i') AS p
                 UNION SELECT trading_as LOOP
        key := canvass.normal_name(piece) COLLATE "C";
        CONTINUE WHEN coalesce(key, '') IN ('', name_key COLLATE "C");
        registered := piece ~* '\m(ltd|limited|plc|llp|l\.p|cic|c\.i\.c|p\.l\.c)\M';
        RETURN NEXT;
    END LOOP;
END
$$;

-- How many employers bear a word in their name; the row '' counts all employers. Kept by triggers.
-- Whoever writes does not wait for another writer: what cannot be added at once is left in
-- name_word_change and added by the next one.
CREATE TABLE name_word (
    word      text COLLATE "C" PRIMARY KEY,
    employers integer NOT NULL
) WITH (fillfactor = 70);
COMMENT ON TABLE name_word IS 'How many employers bear a word in their name; '''' counts all.';
CREATE INDEX name_word_trigrams ON name_word USING gin (word gin_trgm_ops);
CREATE TABLE name_word_change (
    word      text COLLATE "C" NOT NULL,
    employers integer NOT NULL
);
COMMENT ON TABLE name_word_change IS 'Counts on their way into name_word.';

CREATE FUNCTION count_words(words text[], counts integer[]) RETURNS void
LANGUAGE plpgsql
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('canvass.name_word', 0)) THEN
        INSERT INTO name_word_change SELECT * FROM unnest(words, counts);
        RETURN;
    END IF;
    WITH waiting AS (DELETE FROM name_word_change RETURNING word, employers)
    INSERT INTO name_word AS w (word, employers)
    SELECT x.word, sum(x.employers)
      FROM (SELECT * FROM waiting UNION ALL SELECT * FROM unnest(words, counts)) AS x (word, employers)
     GROUP BY x.word
        ON CONFLICT (word) DO UPDATE SET employers = w.employers + excluded.employers;
END
$$;

CREATE FUNCTION count_new_names() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    words text[];
    counts integer[];
BEGIN
    SELECT array_agg(x.word), array_agg(x.n) INTO words, counts
      FROM (SELECT w AS word, count(*)::integer AS n FROM new_rows e, unnest(name_words(e.name_key)) AS w GROUP BY w
            UNION ALL SELECT '', count(*)::integer FROM new_rows) AS x;
    PERFORM count_words(words, counts);
    RETURN NULL;
END
$$;
CREATE TRIGGER words_counted_new AFTER INSERT ON employer REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION count_new_names();

CREATE FUNCTION count_changed_name() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    gone text[] := name_words(OLD.name_key) || ARRAY[''];
    come text[] := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE name_words(NEW.name_key) || ARRAY[''] END;
BEGIN
    PERFORM count_words(gone || come, array_fill(-1, ARRAY[cardinality(gone)])
                        || coalesce(array_fill(1, ARRAY[cardinality(come)]), '{}'));
    RETURN NULL;
END
$$;
CREATE TRIGGER words_counted_changed AFTER UPDATE OF name, name_key ON employer
    FOR EACH ROW WHEN (NEW.name_key IS DISTINCT FROM OLD.name_key) EXECUTE FUNCTION count_changed_name();
CREATE TRIGGER words_counted_gone AFTER DELETE ON employer
    FOR EACH ROW EXECUTE FUNCTION count_changed_name();

INSERT INTO name_word (word, employers)
SELECT w, count(*) FROM employer e, unnest(name_words(e.name_key)) AS w GROUP BY w
UNION ALL SELECT '', count(*) FROM employer;

-- One name of an employer at one of its sites.
CREATE TYPE twin_profile AS (
    employer_id uuid, site_id uuid,
    name text, words text[],
    -- 0 to 1, by word: how much it says that two names share it.
    rarities double precision[],
    registered boolean,
    company_number text,
    postcode text, easting integer, northing integer,
    numbers text[], street text[],
    phones text[], phone_sharers integer,
    webs text[], web_sharers integer
);

-- Counting goes no further than this: what a hundred share says nothing any more.
CREATE FUNCTION most_counted() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 100;

CREATE FUNCTION twin_profiles(e employer, s site, emails text[]) RETURNS SETOF twin_profile
LANGUAGE plpgsql STABLE ROWS 1
AS $$
DECLARE
    p canvass.twin_profile;
    alias record;
    total double precision := ln(1 + greatest(1, (SELECT w.employers FROM canvass.name_word w WHERE w.word = '')));
BEGIN
    p.employer_id := e.id;
    p.site_id := s.id;
    p.company_number := e.company_number;
    p.postcode := s.postcode;
    p.easting := s.easting;
    p.northing := s.northing;
    SELECT coalesce(array_agg(x) FILTER (WHERE x ~ '^[0-9]'), '{}'), coalesce(array_agg(x) FILTER (WHERE x ~ '^[a-z]{2}'), '{}')
      INTO p.numbers, p.street
      FROM unnest(tsvector_to_array(ts_delete(s.words,
               canvass.name_words(e.name_key) || '{and,london,of,the}'
               || coalesce(string_to_array(lower(s.postcode), ' '), '{}')
               || coalesce((SELECT string_to_array(b.words, ' ') FROM canvass.borough b WHERE b.id = s.borough_id), '{}')))) AS x;
    p.phones := '{}';
    p.phone_sharers := 0;
    IF e.phone IS NOT NULL OR s.phone IS NOT NULL THEN
        p.phones := ARRAY(SELECT DISTINCT x FROM unnest(ARRAY[canvass.phone_digits(e.phone), canvass.phone_digits(s.phone)]) AS x
                           WHERE x IS NOT NULL);
        p.phone_sharers := (SELECT count(DISTINCT x.id) FROM (
            (SELECT o.id FROM canvass.employer o
              WHERE o.phone IS NOT NULL AND canvass.phone_digits(o.phone) = ANY (p.phones) LIMIT canvass.most_counted())
            UNION ALL
            (SELECT o.employer_id FROM canvass.site o
              WHERE o.phone IS NOT NULL AND canvass.phone_digits(o.phone) = ANY (p.phones) LIMIT canvass.most_counted())) AS x);
    END IF;
    p.webs := '{}';
    p.web_sharers := 0;
    IF e.website IS NOT NULL OR emails IS NOT NULL THEN
        p.webs := ARRAY(SELECT DISTINCT x FROM unnest(canvass.web_host(e.website)
                           || ARRAY(SELECT lower(split_part(m, '@', 2)) FROM unnest(emails) AS m)) AS x
                         WHERE x <> '' AND NOT EXISTS (SELECT FROM canvass.public_host h WHERE h.host = x));
        p.web_sharers := (SELECT count(*) FROM (SELECT FROM canvass.employer o WHERE o.website IS NOT NULL
                           AND canvass.web_host(o.website) = ANY (p.webs) LIMIT canvass.most_counted()) AS x);
    END IF;
    FOR alias IN SELECT a.key, a.registered FROM canvass.name_aliases(e.name, e.name_key, e.trading_as) AS a LOOP
        p.registered := alias.registered;
        p.words := canvass.name_words(alias.key);
        p.name := array_to_string(p.words, ' ');
        -- A subquery a word: a join would read the whole list of words.
        p.rarities := ARRAY(
            SELECT greatest(0.05, 1 - ln(greatest(1, coalesce(
                       (SELECT w.employers FROM canvass.name_word w WHERE w.word = x.word), 1))) / total)
              FROM unnest(p.words) WITH ORDINALITY AS x (word, i) ORDER BY x.i);
        RETURN NEXT p;
    END LOOP;
END
$$;
COMMENT ON FUNCTION twin_profiles(employer, site, text[]) IS
    'The profiles of an employer at a site (or NULL), with the e-mail addresses that the caller may use.';

-- How much of the words of a is found in b: sum of rarities, a misspelt or shortened word in part.
CREATE FUNCTION words_found(a text[], rarities double precision[], b text[]) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    found double precision := 0;
    best double precision;
    x text;
    y text;
BEGIN
    FOR i IN 1 .. cardinality(a) LOOP
        x := a[i];
        IF x = ANY (b) THEN
            found := found + rarities[i];
            CONTINUE;
        END IF;
        best := 0;
        FOREACH y IN ARRAY b LOOP
            IF left(x, 3) = left(y, 3) AND (starts_with(x, y) OR starts_with(y, x)) AND length(x) > 2 AND length(y) > 2 THEN
                best := greatest(best, 0.8);
            ELSIF left(x, 1) = left(y, 1) OR right(x, 2) = right(y, 2) THEN
                best := greatest(best, canvass.similarity(x, y));
            END IF;
        END LOOP;
        IF best >= 0.4 THEN
            found := found + best * rarities[i];
        END IF;
    END LOOP;
    RETURN found;
END
$$;

-- The evidence of two profiles, in the order of twin_weight. The same for (a, b) and (b, a).
-- places: how many have employers of that name, where both have the same; crowd: how many names there
-- are at the postcode, where both have the same.
CREATE FUNCTION twin_evidence(a twin_profile, b twin_profile, places integer, crowd integer)
RETURNS double precision[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    is_equal boolean := a.name = b.name;
    all_a double precision;
    all_b double precision;
    in_b double precision;
    in_a double precision;
    alike double precision := 1;
    within double precision := 1;
    shared double precision;
    same_postcode boolean := a.postcode = b.postcode AND a.postcode ~ ' [0-9][A-Z]{2}$';
    metres double precision := sqrt((a.easting - b.easting)::double precision ^ 2 + (a.northing - b.northing)::double precision ^ 2);
    near boolean := false;
    far boolean := false;
    street double precision := 0;
    same_door double precision := 0;
    other_door boolean := false;
    same_phone boolean := a.phones && b.phones;
    same_web boolean := a.webs && b.webs;
    common integer;
BEGIN
    all_a := (SELECT sum(x) FROM unnest(a.rarities) AS x);
    IF is_equal THEN
        shared := all_a;
    ELSE
        all_b := (SELECT sum(x) FROM unnest(b.rarities) AS x);
        in_b := canvass.words_found(a.words, a.rarities, b.words);
        in_a := canvass.words_found(b.words, b.rarities, a.words);
        alike := greatest((in_b + in_a) / (all_a + all_b),
                          canvass.similarity(replace(a.name, ' ', ''), replace(b.name, ' ', '')));
        within := greatest(in_b / all_a, in_a / all_b);
        shared := (in_b + in_a) / 2;
    END IF;
    IF NOT coalesce(same_postcode, false) AND a.postcode IS NOT NULL AND b.postcode IS NOT NULL THEN
        near := coalesce(metres <= 250, false) OR left(a.postcode, -2) = left(b.postcode, -2)
                OR starts_with(a.postcode, b.postcode) OR starts_with(b.postcode, a.postcode);
        far := NOT near AND coalesce(metres > 1000, split_part(a.postcode, ' ', 1) <> split_part(b.postcode, ' ', 1));
    END IF;
    IF same_postcode AND (a.street || a.numbers = '{}' OR b.street || b.numbers = '{}') THEN
        -- Of one address no more is known: most that share a name there share the door.
        street := 0.8;
        same_door := 0.5;
    ELSIF a.street <> '{}' AND b.street <> '{}' THEN
        common := (SELECT count(*) FROM unnest(a.street) AS x WHERE x = ANY (b.street));
        street := common::double precision / least(cardinality(a.street), cardinality(b.street));
    END IF;
    IF a.numbers <> '{}' AND b.numbers <> '{}' THEN
        same_door := (a.numbers && b.numbers AND (same_postcode IS TRUE OR street > 0))::integer;
        -- Far apart, the doors are others anyhow: that is said once.
        other_door := NOT far AND NOT a.numbers && b.numbers;
    END IF;
    RETURN ARRAY[
        1, alike, within, least(shared, 5), CASE WHEN is_equal THEN least(1, shared) ELSE 0 END,
        (is_equal AND a.registered AND b.registered)::integer,
        (alike < 0.95 AND a.registered AND b.registered)::integer,
        CASE WHEN is_equal AND same_postcode IS NOT TRUE THEN ln(greatest(1, least(places, canvass.most_counted()) / 2.0)) ELSE 0 END,
        coalesce(same_postcode, false)::integer,
        CASE WHEN same_postcode THEN least(1.6, ln(greatest(1, crowd / 2.0))) ELSE 0 END,
        near::integer, far::integer, same_door, other_door::integer, street,
        same_phone::integer,
        CASE WHEN same_phone THEN ln(greatest(1, greatest(a.phone_sharers, b.phone_sharers) - 1)) ELSE 0 END,
        (NOT same_phone AND a.phones <> '{}' AND b.phones <> '{}')::integer,
        same_web::integer,
        CASE WHEN same_web THEN ln(greatest(1, greatest(a.web_sharers, b.web_sharers) - 1)) ELSE 0 END,
        coalesce(a.company_number = b.company_number, false)::integer,
        coalesce(a.company_number <> b.company_number, false)::integer];
END
$$;

CREATE FUNCTION twin_score(evidence double precision[], weights double precision[]) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    odds double precision := 0;
BEGIN
    FOR i IN 1 .. cardinality(weights) LOOP
        odds := odds + evidence[i] * weights[i];
    END LOOP;
    RETURN 1 / (1 + exp(-greatest(-40, least(40, odds))));
END
$$;

CREATE FUNCTION twin_weights() RETURNS double precision[]
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$ SELECT array_agg(weight ORDER BY position) FROM twin_weight $$;

-- What speaks for two being one, and against it, as short sentences.
CREATE FUNCTION twin_reasons(v double precision[]) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_remove(ARRAY[
    CASE WHEN v[21] = 1 THEN 'same company number' END,
    CASE WHEN v[22] = 1 THEN 'different company numbers' END,
    CASE WHEN v[6] = 1 THEN 'same registered name' WHEN v[5] > 0 THEN 'same name'
         WHEN v[3] >= 0.95 AND v[2] < 0.9 THEN 'one name contains the other'
         ELSE format('names %s alike', to_char(v[2], 'FM0.00')) END,
    CASE WHEN v[8] > 0 THEN format('%s places with that name', round(2 * exp(v[8]))) END,
    CASE WHEN v[13] = 1 THEN 'same door' END,
    CASE WHEN v[9] = 1 THEN 'same postcode' WHEN v[11] = 1 THEN 'near each other'
         WHEN v[12] = 1 THEN 'far apart' END,
    CASE WHEN v[10] >= 1.6 THEN 'many others at that postcode' END,
    CASE WHEN v[14] = 1 THEN 'different numbers in the address' END,
    CASE WHEN v[16] = 1 THEN CASE WHEN v[17] > 0 THEN format('same telephone, which %s have', round(exp(v[17])) + 1) ELSE 'same telephone' END
         WHEN v[18] = 1 THEN 'different telephones' END,
    CASE WHEN v[19] = 1 THEN CASE WHEN v[20] > 0 THEN format('same website or e-mail domain, which %s have', round(exp(v[20])) + 1) ELSE 'same website or e-mail domain' END END
    ], NULL);

-- Pairs that were looked at and are two.
CREATE TABLE not_duplicate (
    one     uuid NOT NULL CONSTRAINT not_duplicate_one_known REFERENCES employer,
    other   uuid NOT NULL CONSTRAINT not_duplicate_other_known REFERENCES employer,
    at      timestamptz NOT NULL DEFAULT now(),
    by      uuid NOT NULL,
    by_name text NOT NULL,
    CONSTRAINT not_duplicate_pkey PRIMARY KEY (one, other),
    CONSTRAINT not_duplicate_in_order CHECK (one < other)
);
COMMENT ON TABLE not_duplicate IS 'Pairs of employers that somebody looked at and found to be two.';
CREATE INDEX not_duplicate_other ON not_duplicate (other);

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['twin_weight', 'twin_threshold', 'public_host', 'name_word',
                             'name_word_change', 'not_duplicate'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
    END LOOP;
END
$$;

-- Every pair of the registry that may be one employer, with its evidence: what the sweep weighs.
-- Rows that share a key are compared: a company number, a telephone number, a website, a name, a rare
-- word, a rarer word at the same place, a postcode or a door with names a little alike. A key that
-- very many share says nothing and is passed over, so the work grows with the registry, not with its
-- square. borough: only pairs of which one has a site there.
CREATE FUNCTION twin_pairs(borough text)
RETURNS TABLE (one uuid, other uuid, one_site uuid, other_site uuid, score double precision, evidence double precision[])
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET jit = off
SET work_mem = '64MB'
AS $$
BEGIN
    RETURN QUERY
    WITH shown AS MATERIALIZED (
        SELECT row_number() OVER () AS n, e.id AS employer_id, s.id AS site_id, array_to_string(w.words, ' ') AS name, w.words,
               s.postcode, s.borough_id, split_part(s.postcode, ' ', 1) AS district
          FROM employer e LEFT JOIN site s ON s.employer_id = e.id AND NOT s.closed
          CROSS JOIN LATERAL name_aliases(e.name, e.name_key, e.trading_as) AS a
          CROSS JOIN LATERAL (SELECT name_words(a.key) AS words OFFSET 0) AS w
    ), word AS MATERIALIZED (
        SELECT h.n, x.word, coalesce(w.employers, 1) AS employers, h.postcode, h.district
          FROM shown h CROSS JOIN LATERAL unnest(h.words) AS x (word)
          LEFT JOIN name_word w ON w.word = x.word
    ), bearer AS MATERIALIZED (
        SELECT h.name, count(DISTINCT coalesce(h.postcode, h.employer_id::text))::integer AS places FROM shown h GROUP BY 1
    ), crowd AS MATERIALIZED (
        SELECT h.postcode, count(DISTINCT h.name)::integer AS names FROM shown h GROUP BY 1
    ), key AS MATERIALIZED (
        SELECT n, false AS sure, hashtextextended('name ' || h.name, 0) AS key, 30 AS most FROM shown h
        UNION ALL
        SELECT n, false, hashtextextended('name ' || h.name || ' ' || h.district, 0), 60 FROM shown h WHERE h.district IS NOT NULL
        UNION ALL
        SELECT n, false, hashtextextended('word ' || w.word, 0), 12 FROM word w WHERE w.employers <= 12
        UNION ALL
        SELECT n, false, hashtextextended('word ' || w.word || ' ' || w.district, 0), 12 FROM word w
         WHERE w.district IS NOT NULL AND w.employers BETWEEN 13 AND 60
        UNION ALL
        SELECT w.n, false, hashtextextended('word ' || w.word || ' ' || w.postcode, 0), 12
          FROM word w JOIN crowd c ON c.postcode = w.postcode WHERE c.names > 40
        UNION ALL
        SELECT n, false, hashtextextended('place ' || h.postcode, 0), 40 FROM shown h WHERE h.postcode IS NOT NULL
        UNION ALL
        SELECT h.n, true, hashtextextended('company ' || e.company_number, 0), 50
          FROM shown h JOIN employer e ON e.id = h.employer_id WHERE e.company_number IS NOT NULL
        UNION ALL
        SELECT h.n, true, hashtextextended('phone ' || x, 0), 50
          FROM shown h JOIN employer e ON e.id = h.employer_id LEFT JOIN site s ON s.id = h.site_id
          CROSS JOIN LATERAL unnest(ARRAY[phone_digits(e.phone), phone_digits(s.phone)]) AS x
         WHERE x IS NOT NULL AND (e.phone IS NOT NULL OR s.phone IS NOT NULL)
        UNION ALL
        SELECT h.n, false, hashtextextended('web ' || web_host(e.website), 0), 30
          FROM shown h JOIN employer e ON e.id = h.employer_id
         WHERE e.website IS NOT NULL AND web_host(e.website) NOT IN (SELECT host FROM public_host)
        UNION ALL
        SELECT h.n, false, hashtextextended('web ' || lower(split_part(c.email, '@', 2)), 0), 30
          FROM shown h JOIN contact c ON c.employer_id = h.employer_id
         WHERE c.email IS NOT NULL AND c.borough_id = canvass.borough()
           AND lower(split_part(c.email, '@', 2)) NOT IN (SELECT host FROM public_host)
        UNION ALL
        -- A door: the number with each word of the street. Only where there is no postcode.
        SELECT h.n, false, hashtextextended('door ' || x || ' ' || y, 0), 40
          FROM shown h JOIN site s ON s.id = h.site_id
          CROSS JOIN LATERAL unnest(tsvector_to_array(s.words)) AS x
          CROSS JOIN LATERAL unnest(tsvector_to_array(s.words)) AS y
         WHERE h.postcode IS NULL AND x ~ '^[0-9]' AND y ~ '^[a-z]{3}'
    ), grouped AS MATERIALIZED (
        SELECT k.key, k.sure, array_agg(k.n) AS rows FROM key k
         GROUP BY k.key, k.sure HAVING count(*) BETWEEN 2 AND min(k.most)
    ), pair AS MATERIALIZED (
        SELECT a.n AS a, b.n AS b, bool_or(g.sure) AS sure
          FROM grouped g CROSS JOIN LATERAL unnest(g.rows) AS a (n) CROSS JOIN LATERAL unnest(g.rows) AS b (n)
         WHERE a.n < b.n
         GROUP BY 1, 2
    ), near_pair AS MATERIALIZED (
        SELECT DISTINCT x.employer_id AS one, y.employer_id AS other, x.site_id AS one_site, y.site_id AS other_site
          FROM pair p JOIN shown x ON x.n = p.a JOIN shown y ON y.n = p.b
         WHERE x.employer_id <> y.employer_id
           -- Names that are not the same make one employer only where the place may be the same.
           AND (p.sure OR x.name = y.name OR similarity(x.name, y.name) >=
                CASE WHEN x.district <> y.district THEN 0.7 WHEN x.postcode <> y.postcode THEN 0.4 ELSE 0.2 END)
           AND (twin_pairs.borough IS NULL OR twin_pairs.borough IN (x.borough_id, y.borough_id))
    ), mail AS MATERIALIZED (
        SELECT c.employer_id, array_agg(c.email) AS emails FROM contact c
         WHERE c.email IS NOT NULL AND c.borough_id = canvass.borough() GROUP BY 1
    ), profile AS MATERIALIZED (
        SELECT p.employer_id, coalesce(p.site_id, p.employer_id) AS site, p AS profile
          FROM (SELECT n.one AS employer_id, n.one_site AS site_id FROM near_pair n UNION SELECT n.other, n.other_site FROM near_pair n) AS x
          JOIN employer e ON e.id = x.employer_id
          LEFT JOIN site s ON s.id = x.site_id
          LEFT JOIN mail m ON m.employer_id = x.employer_id
          CROSS JOIN LATERAL twin_profiles(e, s, m.emails) AS p
    ), weighed AS MATERIALIZED (
        SELECT n.one, n.other, n.one_site, n.other_site,
               twin_evidence(x.profile, y.profile, b.places, c.names) AS evidence
          FROM near_pair n
          JOIN profile x ON x.employer_id = n.one AND x.site = coalesce(n.one_site, n.one)
          JOIN profile y ON y.employer_id = n.other AND y.site = coalesce(n.other_site, n.other)
          LEFT JOIN bearer b ON b.name = (x.profile).name
          LEFT JOIN crowd c ON c.postcode = (x.profile).postcode
    )
    SELECT w.one, w.other, w.one_site, w.other_site, twin_score(w.evidence, (SELECT twin_weights())), w.evidence
      FROM weighed w;
END
$$;

CREATE FUNCTION twin_threshold(purpose text) RETURNS double precision
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$ SELECT t.score FROM twin_threshold t WHERE t.purpose = twin_threshold.purpose $$;

-- An EmployerHit.
CREATE FUNCTION twin_json(employer_id uuid, site_id uuid, score double precision, reasons text[]) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
               'id', e.id, 'name', e.name, 'site_id', s.id,
               'address', nullif(array_to_string(s.address, ', '), ''), 'postcode', s.postcode,
               'borough', b.name, 'sector', i.title, 'score', round(twin_json.score::numeric, 3),
               'sites', e.open_sites, 'reasons', to_jsonb(twin_json.reasons)))
      FROM employer e
      LEFT JOIN site s ON s.id = twin_json.site_id
      LEFT JOIN borough b ON b.id = s.borough_id
      LEFT JOIN industry i ON i.code = e.sic
     WHERE e.id = twin_json.employer_id
$$;

-- Words of the registry that a word may mean: itself, or else those that it begins or resembles.
CREATE FUNCTION known_words(word text) RETURNS TABLE (known text, employers integer)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
SET pg_trgm.similarity_threshold = 0.45
AS $$
BEGIN
    RETURN QUERY SELECT w.word, w.employers FROM name_word w WHERE w.word = known_words.word AND w.employers > 0;
    IF NOT FOUND AND length(word) >= 3 THEN
        RETURN QUERY
        SELECT w.word, w.employers FROM name_word w
         WHERE (w.word % known_words.word OR w.word LIKE known_words.word || '%') AND w.word <> '' AND w.employers > 0
         ORDER BY similarity(w.word, known_words.word) DESC, w.word LIMIT 3;
    END IF;
END
$$;

-- The employers that asked, at place, may be, as EmployerHits, the likeliest first. Both may be rows
-- that are not stored; what they have is what counts. Candidates come from indexes: the same company
-- number, telephone, website, name or postcode, a rare word, two words, a word in the same district.
-- The planner does not know the words and takes them for common ones; in a large registry it would
-- read all sites in the order of their ids to find the first sixty. OFFSET 0 keeps the order from it.
CREATE FUNCTION find_twins(asked employer, place site, emails text[], at_least double precision, most integer)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET pg_trgm.similarity_threshold = 0.4
SET plan_cache_mode = force_generic_plan
SET jit = off
AS $$
DECLARE
    seen twin_profile[] := ARRAY(SELECT p FROM twin_profiles(asked, place, emails) AS p);
    key text := asked.name_key COLLATE "C";
    district text := lower(split_part(place.postcode, ' ', 1));
    words text[];
    queries tsquery[];
    crowd integer;
    places integer;
    phone_keys text[] := seen[1].phones;
    web_keys text[] := seen[1].webs;
BEGIN
    IF actor() IS NULL THEN
        RETURN '[]';
    END IF;
    -- The rarest words lead.
    words := ARRAY(SELECT x.known FROM (SELECT DISTINCT k.known, k.employers
                                          FROM unnest(seen) AS p CROSS JOIN LATERAL unnest(p.words) AS w
                                         CROSS JOIN LATERAL known_words(w) AS k) AS x
                    ORDER BY x.employers, x.known LIMIT 5);
    queries := ARRAY(SELECT CASE WHEN w.employers <= 50 THEN quote_literal(x.word)::tsquery
                                 WHEN district <> '' THEN (quote_literal(x.word) || '&' || quote_literal(district))::tsquery END
                       FROM unnest(words) WITH ORDINALITY AS x (word, i) JOIN name_word w ON w.word = x.word
                      WHERE w.employers <= 50 OR (district <> '' AND x.i <= 2) ORDER BY x.i);
    IF cardinality(words) >= 2 THEN
        queries := queries || (quote_literal(words[1]) || '&' || quote_literal(words[2]))::tsquery;
    END IF;
    places := (SELECT count(DISTINCT x.place)
                 FROM (SELECT coalesce(i.postcode, o.id::text) AS place
                         FROM employer o LEFT JOIN site i ON i.employer_id = o.id AND NOT i.closed
                        WHERE o.name_key = asked.name_key ORDER BY o.id LIMIT most_counted()) AS x);
    crowd := (SELECT count(DISTINCT f.name_key COLLATE "C") FROM site o JOIN employer f ON f.id = o.employer_id
               WHERE o.postcode = place.postcode AND NOT o.closed);
    RETURN (
        WITH found AS MATERIALIZED (
            SELECT x.id, 1 AS sure FROM (SELECT e.id FROM employer e
             WHERE e.company_number IS NOT NULL AND e.company_number = asked.company_number LIMIT 20) AS x
            UNION ALL
            SELECT e.id, 1 FROM employer e WHERE e.phone IS NOT NULL AND phone_digits(e.phone) = ANY (phone_keys)
            UNION ALL
            SELECT s.employer_id, 1 FROM site s WHERE s.phone IS NOT NULL AND phone_digits(s.phone) = ANY (phone_keys)
            UNION ALL
            SELECT e.id, 1 FROM employer e WHERE e.website IS NOT NULL AND web_host(e.website) = ANY (web_keys)
            UNION ALL
            (SELECT e.id, 0 FROM employer e WHERE e.name_key = asked.name_key ORDER BY e.id LIMIT 30)
            UNION ALL
            SELECT s.employer_id, 0 FROM site s WHERE s.postcode = place.postcode AND NOT s.closed
            UNION ALL
            SELECT x.employer_id, 0 FROM unnest(queries) AS q
             CROSS JOIN LATERAL (SELECT f.employer_id
                                   FROM (SELECT s.id, s.employer_id FROM site s WHERE s.words @@ q AND NOT s.closed OFFSET 0) AS f
                                  ORDER BY f.id LIMIT 60) AS x
            UNION ALL
            SELECT x.id, 0 FROM (SELECT f.id FROM (SELECT e.id FROM employer e WHERE e.open_sites = 0 AND e.name_key % key OFFSET 0) AS f
                                  ORDER BY f.id LIMIT 20) AS x
        ), likely AS MATERIALIZED (
            -- The names that are most alike, at the site that is nearest.
            SELECT e, s
              FROM (SELECT f.id, max(f.sure) AS sure FROM found f WHERE f.id <> asked.id GROUP BY f.id) AS c
              JOIN employer e ON e.id = c.id
              LEFT JOIN LATERAL (
                   SELECT i FROM site i WHERE i.employer_id = e.id AND NOT i.closed
                    ORDER BY i.postcode = place.postcode DESC NULLS LAST,
                             left(i.postcode, -2) = left(place.postcode, -2) DESC NULLS LAST, i.id LIMIT 1) AS o ON true
              LEFT JOIN LATERAL (SELECT (o.i).*) AS s ON true
             CROSS JOIN LATERAL (SELECT greatest(similarity(e.name_key, key), word_similarity(e.name_key, key),
                                                 word_similarity(key, e.name_key)) AS alike) AS n
             WHERE c.sure = 1 OR n.alike >= 0.3
             ORDER BY c.sure DESC, n.alike + (s.postcode = place.postcode)::integer DESC NULLS LAST, e.id
             LIMIT 16
        ), weighed AS MATERIALIZED (
            SELECT p.employer_id, p.site_id, twin_evidence(a, p, places, crowd) AS evidence
              FROM likely l
             CROSS JOIN LATERAL twin_profiles(
                   (SELECT l.e), CASE WHEN (l.s).id IS NULL THEN NULL::site ELSE (SELECT ROW((l.s).*)::site) END,
                   (SELECT array_agg(c.email) FROM contact c
                     WHERE c.employer_id = (l.e).id AND c.borough_id = borough() AND c.email IS NOT NULL)) AS p
             CROSS JOIN unnest(seen) AS a
        ), best AS (
            SELECT DISTINCT ON (w.employer_id) w.employer_id, w.site_id, w.evidence,
                   twin_score(w.evidence, (SELECT twin_weights())) AS score
              FROM weighed w
             ORDER BY w.employer_id, score DESC, w.site_id
        )
        SELECT coalesce(jsonb_agg(twin_json(b.employer_id, b.site_id, b.score, twin_reasons(b.evidence))
                                  ORDER BY b.score DESC, b.employer_id), '[]')
          FROM (SELECT * FROM best WHERE best.score >= at_least ORDER BY best.score DESC, best.employer_id LIMIT most) AS b);
END
$$;
COMMENT ON FUNCTION find_twins(employer, site, text[], double precision, integer) IS
    'Employers that one may be, as a jsonb array of EmployerHits with score and reasons.';

-- What is typed so far, as an employer at a site that are not stored.
CREATE FUNCTION find_similar(request jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    given jsonb := coalesce(nullif(request -> 'employer', 'null'), '{}');
    at jsonb := coalesce(nullif(request -> 'site', 'null'), '{}');
    asked employer;
    place site;
    email text := tidy(request ->> 'email');
BEGIN
    asked.id := nullif(given ->> 'id', '')::uuid;
    asked.id := coalesce(asked.id, '00000000-0000-0000-0000-000000000000');
    asked.name := coalesce(tidy(given ->> 'name'), '');
    IF asked.name = '' AND tidy(given ->> 'phone') IS NULL AND tidy(at ->> 'phone') IS NULL
       AND tidy(given ->> 'company_number') IS NULL AND tidy(given ->> 'website') IS NULL AND email IS NULL THEN
        PERFORM fail('CV003', 'employer.name', 'Give the name, or a telephone number, website or company number.');
    END IF;
    asked.name_key := normal_name(left(asked.name, 200));
    asked.trading_as := tidy(given ->> 'trading_as');
    asked.company_number := tidy_company_number(given ->> 'company_number');
    asked.website := tidy_website(given ->> 'website');
    asked.phone := tidy_phone(given ->> 'phone');
    place.phone := tidy_phone(at ->> 'phone');
    place.address := tidy_lines(at -> 'address');
    -- A postcode that is not finished yet says where, all the same.
    place.postcode := coalesce(tidy_postcode(at ->> 'postcode'),
                               substring(upper(tidy(at ->> 'postcode')) FROM '^[A-Z]{1,2}[0-9][A-Z0-9]?(?: [0-9])?$'));
    SELECT p.easting, p.northing, p.borough_id INTO place.easting, place.northing, place.borough_id
      FROM postcode p WHERE p.postcode = place.postcode;
    place.words := site_words(asked.name, asked.trading_as, NULL, place.address, place.borough_id, place.postcode);
    RETURN jsonb_build_object('employers', find_twins(
        asked, place, CASE WHEN email IS NOT NULL THEN ARRAY[email] END,
        coalesce(nullif((request ->> 'min_score')::double precision, 0), twin_threshold('show')), 10));
END
$$;
COMMENT ON FUNCTION find_similar(jsonb) IS 'FindSimilarRequest -> FindSimilarResponse.';

-- Refuse what is likely there already, unless the caller has looked and says that it is another one.
CREATE FUNCTION refuse_twin(twins jsonb, even_if_similar boolean) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    first jsonb := (SELECT t FROM jsonb_array_elements(twins) WITH ORDINALITY AS x (t, i)
                     WHERE (t ->> 'score')::double precision
                           >= twin_threshold(CASE WHEN t -> 'reasons' ? 'far apart' THEN 'ask_far' ELSE 'ask' END)
                     ORDER BY i LIMIT 1);
BEGIN
    IF first IS NOT NULL AND NOT coalesce(even_if_similar, false) THEN
        PERFORM fail('CV006', 'even_if_similar', '%s is there already and is likely the same (%s %%: %s). Use that one, or say that this is another.',
                     concat_ws(', ', first ->> 'name', first ->> 'postcode'),
                     floor(100 * (first ->> 'score')::numeric)::text,
                     (SELECT string_agg(r, ', ') FROM jsonb_array_elements_text(first -> 'reasons') AS r));
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION create_employer(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    given jsonb := request -> 'employer';
    place jsonb := nullif(request -> 'site', 'null');
    has_site boolean := place ? 'address' OR place ? 'postcode' OR place ? 'name' OR place ? 'phone';
    me text := actor_name();
    made employer;
    made_site site;
    twins jsonb;
BEGIN
    INSERT INTO employer (id, name, trading_as, company_number, sic, website, phone, staff,
                          disability_confident, disability_confident_until, living_wage,
                          living_wage_until, about, open_sites,
                          created_by, created_by_name, updated_by, updated_by_name)
        VALUES (chosen_id(given ->> 'id', 'employer.id'), coalesce(tidy(given ->> 'name'), ''),
                tidy(given ->> 'trading_as'), upper(tidy(given ->> 'company_number')),
                tidy(given ->> 'sic'), tidy(given ->> 'website'), tidy(given ->> 'phone'),
                coalesce((given ->> 'staff')::integer, 0),
                (given ->> 'disability_confident')::disability_confident,
                (given ->> 'disability_confident_until')::date,
                coalesce((given ->> 'living_wage')::boolean, false),
                (given ->> 'living_wage_until')::date, tidy(given ->> 'about'),
                CASE WHEN has_site THEN 1 ELSE 0 END, actor(), me, actor(), me)
        RETURNING * INTO made;
    IF has_site THEN
        made_site := put_site(place, made, (request ->> 'postcode_unlisted')::boolean);
    END IF;
    twins := find_twins(made, made_site, NULL, twin_threshold('show'), 10);
    PERFORM refuse_twin(twins, (request ->> 'even_if_similar')::boolean);
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'employer', employer_json(made),
        'site', CASE WHEN has_site THEN site_json(made_site) END,
        'similar', twins));
END
$$;

CREATE OR REPLACE FUNCTION add_site(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    owner employer;
    made site;
    twins jsonb;
BEGIN
    UPDATE employer e SET open_sites = open_sites + 1
     WHERE e.id = given_id(request #>> '{site,employer_id}', 'site.employer_id')
    RETURNING e.* INTO owner;
    IF NOT FOUND THEN
        PERFORM fail('CV005', 'site.employer_id', 'There is no such employer.');
    END IF;
    made := put_site(request -> 'site', owner, (request ->> 'postcode_unlisted')::boolean);
    -- Of the same name somewhere else there may be many; only what stands at this place is asked about.
    twins := (SELECT coalesce(jsonb_agg(t ORDER BY i), '[]')
                FROM jsonb_array_elements(find_twins(owner, made, NULL, twin_threshold('show'), 10)) WITH ORDINALITY AS x (t, i)
               WHERE t ->> 'postcode' = made.postcode);
    PERFORM refuse_twin(twins, (request ->> 'even_if_similar')::boolean);
    RETURN jsonb_build_object('site', site_json(made), 'similar', twins);
END
$$;
DROP FUNCTION similar_employers(text, text, uuid);

-- An import, and for each row that it made new what that looks like: a warning, as the list may know
-- better. Compared with what stands at the same postcode or has the same number. A registry that is
-- being filled has no statistics yet, and the planner would read whole tables for every batch; each
-- OFFSET 0 has it look up one row's matches in the index instead.
CREATE FUNCTION import_and_compare(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET jit = off
AS $$
DECLARE
    answer jsonb := import_employers(request);
    looks_like jsonb;
BEGIN
    IF (answer ->> 'created')::integer = 0 THEN
        RETURN answer;
    END IF;
    -- By reference, else by name: each from its index, and before it is asked what is new, of which
    -- the planner expects one row and then reads the batch again for every one.
    WITH given AS MATERIALIZED (
        SELECT r.line, tidy(r.ref) AS ref, normal_name(r.name) COLLATE natural_order AS name_key
          FROM jsonb_to_recordset(request -> 'rows') AS r (line integer, ref text, name text)
    ), named AS MATERIALIZED (
        SELECT k.employer_id AS id, g.line
          FROM given g JOIN employer_ref k ON k.source = request ->> 'source' AND k.ref = g.ref
        UNION ALL
        SELECT k.id, g.line FROM given g JOIN employer k ON k.name_key = g.name_key WHERE g.ref IS NULL
    ), fresh AS MATERIALIZED (
        SELECT n.id, n.line, e.name_key COLLATE "C" AS name
          FROM (SELECT n.id, min(n.line) AS line FROM named n GROUP BY n.id) AS n
         CROSS JOIN LATERAL (SELECT o.name_key FROM employer o
                              WHERE o.id = n.id AND o.created_at = now() AND o.created_by_name = 'import' OFFSET 0) AS e
    ), place AS MATERIALIZED (
        SELECT f.id, f.line, f.name, s.id AS site_id, s.postcode
          FROM fresh f CROSS JOIN LATERAL (SELECT x.id, x.postcode FROM site x WHERE x.employer_id = f.id OFFSET 0) AS s
    ), calm AS MATERIALIZED (
        -- A list that has one postcode for everybody does not compare all with all.
        SELECT q.postcode
          FROM (SELECT DISTINCT l.postcode FROM place l) AS q
         WHERE (SELECT count(*) FROM (SELECT FROM site t WHERE t.postcode = q.postcode LIMIT 41) AS x) <= 40
    ), pair AS MATERIALIZED (
        SELECT l.line, l.id AS one, l.site_id AS one_site, o.id AS other, t.id AS other_site
          FROM place l JOIN calm c ON c.postcode = l.postcode
         CROSS JOIN LATERAL (SELECT x.id, x.employer_id FROM site x
                              WHERE x.postcode = l.postcode AND x.employer_id <> l.id AND NOT x.closed OFFSET 0) AS t
         CROSS JOIN LATERAL (SELECT x.id FROM employer x
                              WHERE x.id = t.employer_id AND (x.created_at < now() OR x.id < l.id)
                                AND similarity(x.name_key, l.name) >= 0.35 OFFSET 0) AS o
        UNION
        SELECT f.line, f.id, s.id, o.id, t.id
          FROM fresh f
         CROSS JOIN LATERAL (SELECT x.company_number, x.phone FROM employer x
                              WHERE x.id = f.id AND (x.company_number IS NOT NULL OR x.phone IS NOT NULL) OFFSET 0) AS e
         CROSS JOIN LATERAL (SELECT x.id FROM employer x
                              WHERE x.id <> f.id AND (x.created_at < now() OR x.id < f.id)
                                AND ((x.company_number IS NOT NULL AND x.company_number = e.company_number)
                                     OR (x.phone IS NOT NULL AND phone_digits(x.phone) = phone_digits(e.phone))) OFFSET 0) AS o
          LEFT JOIN LATERAL (SELECT x.id FROM site x WHERE x.employer_id = f.id OFFSET 0) AS s ON true
          LEFT JOIN LATERAL (SELECT x.id FROM site x WHERE x.employer_id = o.id AND NOT x.closed OFFSET 0) AS t ON true
    ), weighed AS (
        SELECT p.line, p.other, p.other_site,
               twin_evidence(a, b, (SELECT count(*)::integer FROM (SELECT FROM employer n WHERE n.name_key = (e.this).name_key
                                                                   LIMIT most_counted()) AS x),
                             (SELECT count(DISTINCT f.name_key COLLATE "C")::integer FROM site n JOIN employer f ON f.id = n.employer_id
                               WHERE n.postcode = (s.this).postcode)) AS evidence
          FROM pair p
         CROSS JOIN LATERAL (SELECT x AS this FROM employer x WHERE x.id = p.one OFFSET 0) AS e
         CROSS JOIN LATERAL (SELECT x AS this FROM employer x WHERE x.id = p.other OFFSET 0) AS o
          LEFT JOIN LATERAL (SELECT x AS this FROM site x WHERE x.id = p.one_site OFFSET 0) AS s ON true
          LEFT JOIN LATERAL (SELECT x AS this FROM site x WHERE x.id = p.other_site OFFSET 0) AS t ON true
         CROSS JOIN LATERAL twin_profiles(e.this, s.this, NULL) AS a
         CROSS JOIN LATERAL twin_profiles(o.this, t.this, NULL) AS b
    ), best AS (
        SELECT DISTINCT ON (w.line) w.line, w.other, w.other_site, w.evidence, twin_score(w.evidence, (SELECT twin_weights())) AS score
          FROM weighed w ORDER BY w.line, score DESC, w.other
    )
    SELECT jsonb_agg(jsonb_build_object(
               'line', b.line, 'field', 'name', 'severity', 'warning',
               'reason', format('Likely the same as %s (%s %%: %s); merge them if they are one.',
                                (SELECT concat_ws(', ', o.name, t.postcode) FROM employer o LEFT JOIN site t ON t.id = b.other_site
                                  WHERE o.id = b.other),
                                floor(100 * b.score::numeric), array_to_string(twin_reasons(b.evidence), ', ')))
               ORDER BY b.line)
      INTO looks_like
      FROM best b WHERE b.score >= twin_threshold('import');
    RETURN CASE WHEN looks_like IS NULL THEN answer
                ELSE jsonb_set(answer, '{problems}', coalesce(answer -> 'problems', '[]') || looks_like) END;
END
$$;
COMMENT ON FUNCTION import_and_compare(jsonb) IS 'ImportEmployersRequest -> ImportEmployersResponse, with what new rows look like.';

-- Likely duplicates of the whole registry, or with a site in one borough: the likeliest first. The
-- one that came first leads; a pair that somebody found to be two is not shown.
CREATE FUNCTION list_duplicates(borough_id text, min_score double precision, page_size integer, page_token text)
RETURNS TABLE (one jsonb, other jsonb, score double precision, reasons text[], next_page_token text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET jit = off
AS $$
DECLARE
    keys text[] := page_key(page_token, 3);
    least_score double precision := coalesce(nullif(min_score, 0), twin_threshold('list'));
BEGIN
    IF actor() IS NULL THEN
        RETURN;
    ELSIF least_score NOT BETWEEN 0 AND 1 THEN
        PERFORM fail('CV003', 'min_score', 'Give a score from 0 to 1; 0 is the usual one.');
    END IF;
    RETURN QUERY
    SELECT twin_json(b.one, b.one_site, b.score, NULL), twin_json(b.other, b.other_site, b.score, NULL), b.score,
           twin_reasons(b.evidence), page_token(b.score::text, b.one::text, b.other::text)
      FROM (SELECT * FROM (
                SELECT DISTINCT ON (p.one, p.other) p.one, p.other, p.one_site, p.other_site, p.score, p.evidence
                  FROM twin_pairs(nullif(list_duplicates.borough_id, '')) AS p
                 WHERE p.score >= least_score
                   AND NOT EXISTS (SELECT FROM not_duplicate n WHERE n.one = p.one AND n.other = p.other)
                 ORDER BY p.one, p.other, p.score DESC, p.one_site, p.other_site) AS d
             WHERE keys IS NULL OR (-d.score, d.one, d.other) > (-keys[1]::double precision, keys[2]::uuid, keys[3]::uuid)
             ORDER BY d.score DESC, d.one, d.other
             LIMIT page_size) AS b
     ORDER BY b.score DESC, b.one, b.other;
END
$$;
COMMENT ON FUNCTION list_duplicates(text, double precision, integer, text) IS 'ListDuplicates: a pair a row.';

CREATE FUNCTION dismiss_duplicate(request jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
DECLARE
    a uuid := given_id(request ->> 'employer_id', 'employer_id');
    b uuid := given_id(request ->> 'other_employer_id', 'other_employer_id');
    made not_duplicate;
BEGIN
    IF actor() IS NULL THEN
        PERFORM fail('CV007', '', 'Nobody is calling.');
    ELSIF a = b THEN
        PERFORM fail('CV003', 'other_employer_id', 'This is the same employer twice; name the other one.');
    ELSIF NOT EXISTS (SELECT FROM employer e WHERE e.id = a) THEN
        PERFORM fail('CV005', 'employer_id', 'There is no such employer.');
    ELSIF NOT EXISTS (SELECT FROM employer e WHERE e.id = b) THEN
        PERFORM fail('CV005', 'other_employer_id', 'There is no such employer.');
    END IF;
    -- Whoever said so first stands.
    INSERT INTO not_duplicate AS n (one, other, by, by_name) VALUES (least(a, b), greatest(a, b), actor(), actor_name())
        ON CONFLICT ON CONSTRAINT not_duplicate_pkey DO UPDATE SET by = n.by
        RETURNING * INTO made;
    RETURN jsonb_build_object('decided', jsonb_build_object('at', made.at, 'by', made.by_name));
END
$$;
COMMENT ON FUNCTION dismiss_duplicate(jsonb) IS 'DismissDuplicateRequest -> DismissDuplicateResponse.';

REVOKE ALL ON FUNCTION twin_pairs(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_similar(jsonb), import_and_compare(jsonb), dismiss_duplicate(jsonb),
    list_duplicates(text, double precision, integer, text), refuse_twin(jsonb, boolean), twin_threshold(text),
    find_twins(employer, site, text[], double precision, integer), name_words(text), phone_digits(text), web_host(text)
    TO canvass_app;
CREATE POLICY callers ON twin_threshold FOR SELECT TO canvass_app USING ((SELECT canvass.actor()) IS NOT NULL);
GRANT SELECT ON twin_threshold TO canvass_app;

COMMIT;
