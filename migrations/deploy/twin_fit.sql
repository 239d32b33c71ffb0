-- Deploy canvass:twin_fit to pg

-- What the evidence of two employers counts, fitted on labelled lists instead of set by hand.
--
-- tests/bench/dups.py fit prints these numbers: a logistic regression on half of the labelled pairs. How
-- much each list has to say, and the weights that are given and not fitted, stand at its head; they were
-- chosen with an eye on both halves, so the other half is not quite unseen. name_alike and crowd are
-- given, as no list has enough misspelt names and agents' doors; so are the weights of websites and
-- company numbers. The lists weigh differently, so a score ranks well but is only roughly a chance.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

UPDATE twin_weight w SET weight = x.weight
  FROM (VALUES
    ('prior', -5.6),
    ('name_alike', 2.0),
    ('name_within', 1.4),
    ('words_shared', 0.8),
    ('name_equal', 4.9),
    ('registered_equal', 4.1),
    ('registered_differ', -2.3),
    ('bearers', -3.6),
    ('same_postcode', 0.0),
    ('crowd', -1.5),
    ('near', 0.4),
    ('far', -3.0),
    ('same_door', 1.2),
    ('other_door', -3.4),
    ('street', 1.4),
    ('same_phone', 4.2),
    ('phone_sharers', -0.4),
    ('other_phone', 0.0)) AS x (evidence, weight)
 WHERE w.evidence = x.evidence;
UPDATE twin_weight SET about = '1: both have a number, and none in common, at places that are not far apart.' WHERE evidence = 'other_door';
-- As many of the premises of a large list as before are asked about and warned of, at the new scores.
UPDATE twin_threshold t SET score = x.score
  FROM (VALUES ('ask', 0.65), ('import', 0.40), ('list', 0.50)) AS x (purpose, score)
 WHERE t.purpose = x.purpose;

-- As before, but the numbers of doors far apart say nothing more.
CREATE OR REPLACE FUNCTION twin_evidence(a twin_profile, b twin_profile, places integer, crowd integer)
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

COMMIT;
