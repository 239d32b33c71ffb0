-- Deploy canvass:reference to pg

-- Lists that others publish. Shipped here: the groups and codes that the sample uses; the rest is
-- loaded from the official files (OS Code-Point Open; ONS SOC 2020; Companies House SIC 2007).

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- borough_id is the GSS code of whatever district the file names, of London or not.
CREATE TABLE postcode (
    postcode   text COLLATE "C" PRIMARY KEY
               CONSTRAINT postcode_form CHECK (postcode ~ '^[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}$'),
    easting    integer NOT NULL CHECK (easting BETWEEN 0 AND 700000),
    northing   integer NOT NULL CHECK (northing BETWEEN 0 AND 1300000),
    borough_id text COLLATE "C" NOT NULL,
    terminated boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE postcode IS 'Units of OS Code-Point Open: national grid metres and district.';

-- Kept by the loader: the middle of a sector ("SW9 8") places what a unit cannot, and any row
-- beginning "SW9 " says that this district is loaded.
CREATE TABLE postcode_sector (
    sector     text COLLATE "C" PRIMARY KEY,
    easting    integer NOT NULL,
    northing   integer NOT NULL,
    -- The district that most of its units lie in.
    borough_id text COLLATE "C" NOT NULL,
    units      integer NOT NULL
);
COMMENT ON TABLE postcode_sector IS 'The middle and main district of each loaded postcode sector.';

CREATE TABLE occupation (
    code       text COLLATE "C" PRIMARY KEY CONSTRAINT occupation_code_form CHECK (code ~ '^[1-9][0-9]{0,3}$'),
    title      text NOT NULL CONSTRAINT occupation_title_length CHECK (char_length(title) BETWEEN 1 AND 200),
    job_titles text[] NOT NULL DEFAULT '{}',
    words      text NOT NULL
);
CREATE INDEX occupation_words ON occupation USING gin (words gin_trgm_ops);
COMMENT ON TABLE occupation IS 'SOC 2020 groups: 1 digit major, 2 sub-major, 3 minor, 4 unit; the parent is the code without its last digit.';
COMMENT ON COLUMN occupation.words IS 'Title and job titles, folded: what they are searched by.';

CREATE TABLE industry (
    code  text COLLATE "C" PRIMARY KEY CONSTRAINT industry_code_form CHECK (code ~ '^[0-9]{5}$'),
    title text NOT NULL CONSTRAINT industry_title_length CHECK (char_length(title) BETWEEN 1 AND 300),
    words text NOT NULL GENERATED ALWAYS AS (folded(title)) STORED
);
CREATE INDEX industry_words ON industry USING gin (words gin_trgm_ops);
COMMENT ON TABLE industry IS 'SIC 2007 codes as Companies House publishes them.';

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['postcode', 'postcode_sector', 'occupation', 'industry'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
        EXECUTE format('CREATE POLICY callers ON %I FOR SELECT TO canvass_app
                            USING ((SELECT canvass.actor()) IS NOT NULL)', t);
        EXECUTE format('CREATE POLICY load ON %I FOR INSERT TO canvass_app
                            WITH CHECK ((SELECT canvass.has_role(''administrator'')))', t);
        EXECUTE format('CREATE POLICY reload ON %I FOR UPDATE TO canvass_app
                            USING ((SELECT canvass.has_role(''administrator'')))', t);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO canvass_app', t);
    END LOOP;
END
$$;

-- "sw98he", "SW9  8he" -> "SW9 8HE"; NULL for what cannot be one.
CREATE FUNCTION tidy_postcode(t text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
AS $$
DECLARE
    p text := translate(upper(t), E' \t\r\n\u00a0.-', '');
BEGIN
    IF p ~ '^[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][ABD-HJLNP-UW-Z]{2}$' THEN
        RETURN left(p, -3) || ' ' || right(p, 3);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION tidy_postcode(text) IS 'A postcode as it is written, "SW9 8HE"; NULL for what is none.';

GRANT EXECUTE ON FUNCTION tidy_postcode(text) TO canvass_app;

INSERT INTO industry (code, title) VALUES
    ('10710', 'Manufacture of bread; manufacture of fresh pastry goods and cakes'),
    ('41202', 'Construction of domestic buildings'),
    ('43210', 'Electrical installation'),
    ('43390', 'Other building completion and finishing'),
    ('45200', 'Maintenance and repair of motor vehicles'),
    ('47110', 'Retail sale in non-specialised stores with food, beverages or tobacco predominating'),
    ('47190', 'Other retail sale in non-specialised stores'),
    ('47710', 'Retail sale of clothing in specialised stores'),
    ('49410', 'Freight transport by road'),
    ('52103', 'Operation of warehousing and storage facilities for land transport activities'),
    ('55100', 'Hotels and similar accommodation'),
    ('56101', 'Licensed restaurants'),
    ('56102', 'Unlicensed restaurants and cafes'),
    ('56103', 'Take-away food shops and mobile food stands'),
    ('56210', 'Event catering activities'),
    ('56302', 'Public houses and bars'),
    ('77299', 'Renting and leasing of other personal and household goods'),
    ('77320', 'Renting and leasing of construction and civil engineering machinery and equipment'),
    ('78200', 'Temporary employment agency activities'),
    ('81210', 'General cleaning of buildings'),
    ('81300', 'Landscape service activities'),
    ('85590', 'Other education n.e.c.'),
    ('86900', 'Other human health activities'),
    ('87300', 'Residential care activities for the elderly and disabled'),
    ('88100', 'Social work activities without accommodation for the elderly and disabled'),
    ('93130', 'Fitness facilities'),
    ('96020', 'Hairdressing and other beauty treatment');

-- Titles: ONS SOC 2020, Open Government Licence v3.0.
INSERT INTO occupation (code, title, job_titles, words)
SELECT code, title, job_titles::text[], folded(title || ' ' || array_to_string(job_titles::text[], ' '))
  FROM (VALUES
    ('1', 'Managers, directors and senior officials', '{}'),
    ('12', 'Other managers and proprietors', '{}'),
    ('122', 'Managers and proprietors in hospitality and leisure services', '{}'),
    ('1221', 'Hotel and accommodation managers and proprietors', '{"Caravan park owner","Hotel manager","Manager (passenger ships)","Service flats manager"}'),
    ('1222', 'Restaurant and catering establishment managers and proprietors', '{"Café owner","Operations manager (catering)","Restaurant manager","Shop manager (take-away food shop)"}'),
    ('2', 'Professional occupations', '{}'),
    ('23', 'Teaching and other educational professionals', '{}'),
    ('231', 'Teaching professionals', '{}'),
    ('2319', 'Teaching professionals n.e.c.', '{"Adult education tutor","Ballet teacher (qualified)","Music teacher","Private tutor","Voice coach"}'),
    ('24', 'Business, media and public service professionals', '{}'),
    ('246', 'Welfare professionals', '{}'),
    ('2461', 'Social workers', '{"Independent review officer (social worker)","Mental health social worker","Senior practitioner (local government: social services)","Social worker","Team leader (local government: social services)"}'),
    ('3', 'Associate professional occupations', '{}'),
    ('32', 'Health and social care associate professionals', '{}'),
    ('322', 'Welfare and housing associate professionals', '{}'),
    ('3221', 'Youth and community workers', '{"Community development officer","Family support worker","Youth and community worker","Youth project coordinator","Youth worker"}'),
    ('323', 'Teaching and childcare associate professionals', '{}'),
    ('3231', 'Higher level teaching assistants', '{"Advanced teaching assistant","HLTA","Learning support practitioner","Teaching assistant (qualified)"}'),
    ('4', 'Administrative and secretarial occupations', '{}'),
    ('41', 'Administrative occupations', '{}'),
    ('412', 'Administrative occupations: finance', '{}'),
    ('4122', 'Book-keepers, payroll managers and wages clerks', '{"Accounts administrator","Accounts assistant","Accounts clerk","Auditor","Bookkeeper","Payroll manager"}'),
    ('415', 'Other administrative occupations', '{}'),
    ('4152', 'Data entry administrators', '{"Data administrator","Data entry clerk","Database assistant","Database inputter"}'),
    ('4159', 'Other administrative occupations n.e.c.', '{"Administrative assistant","Administrator","Clerical assistant","Clerk","Facilities coordinator","Office assistant","Proof reader"}'),
    ('5', 'Skilled trades occupations', '{}'),
    ('51', 'Skilled agricultural and related trades', '{}'),
    ('511', 'Agricultural and related trades', '{}'),
    ('5113', 'Gardeners and landscape gardeners', '{"Garden designer","Gardener","Gardener-handyman","Landscape gardener"}'),
    ('52', 'Skilled metal, electrical and electronic trades', '{}'),
    ('523', 'Vehicle trades', '{}'),
    ('5231', 'Vehicle technicians, mechanics and electricians', '{"Auto electrician","Car mechanic","HGV mechanic","MOT tester","Mechanic (garage)","Motor mechanic","Motor vehicle technician","Technician (vehicles)","Vehicle technician"}'),
    ('53', 'Skilled construction and building trades', '{}'),
    ('532', 'Building finishing trades', '{}'),
    ('5323', 'Painters and decorators', '{"Artexer","French polisher","Paper hanger","Ship sprayer","Wood stainer"}'),
    ('54', 'Textiles, printing and other skilled trades', '{}'),
    ('543', 'Food preparation and hospitality trades', '{}'),
    ('5434', 'Chefs', '{"Chef","Chef-manager","Food stylist","Head chef","Pastry chef"}'),
    ('5435', 'Cooks', '{"Cook","Cook-supervisor","Fish fryer","Head cook"}'),
    ('6', 'Caring, leisure and other service occupations', '{}'),
    ('61', 'Caring personal service occupations', '{}'),
    ('611', 'Teaching and childcare support occupations', '{}'),
    ('6111', 'Early education and childcare assistants', '{"Child care assistant","Crèche assistant","Nursery assistant","Nursery nurse","Playgroup assistant","Pre-school assistant"}'),
    ('6112', 'Teaching assistants', '{"Classroom assistant","School assistant","Teaching assistant"}'),
    ('613', 'Caring personal services', '{}'),
    ('6135', 'Care workers and home carers', '{"Care assistant","Carer","Child care worker","Home care assistant","Home carer","Support worker (nursing home)"}'),
    ('62', 'Leisure, travel and related personal service occupations', '{}'),
    ('623', 'Housekeeping and related services', '{}'),
    ('6232', 'Caretakers', '{"Caretaker","Concierge","Janitor","Porter (college)","School premises manager","Site manager (educational establishments)"}'),
    ('7', 'Sales and customer service occupations', '{}'),
    ('71', 'Sales occupations', '{}'),
    ('711', 'Sales assistants and retail cashiers', '{}'),
    ('7111', 'Sales and retail assistants', '{"Retail assistant","Sales adviser","Sales assistant","Sales consultant (retail trade)","Shop assistant"}'),
    ('7112', 'Retail cashiers and check-out operators', '{"Cashier (wholesale trade)","Check-out operator","Customer team member (retail trade)","Forecourt attendant","General assistant (check-out: retail trade)","Till operator"}'),
    ('72', 'Customer service occupations', '{}'),
    ('721', 'Customer service occupations', '{}'),
    ('7211', 'Call and contact centre occupations', '{"Call centre agent","Call centre operator","Customer service adviser (call centre)","Customer service operator"}'),
    ('8', 'Process, plant and machine operatives', '{}'),
    ('81', 'Process, plant and machine operatives', '{}'),
    ('814', 'Assemblers and routine operatives', '{}'),
    ('8149', 'Assemblers and routine operatives n.e.c.', '{"Assembler","Gluer (furniture mfr)","Paint line operator","Production assistant","Riveter (soft toy mfr)"}'),
    ('82', 'Transport and mobile machine drivers and operatives', '{}'),
    ('821', 'Road transport drivers', '{}'),
    ('8211', 'Heavy and large goods vehicle drivers', '{"Haulage contractor","LGV/HGV driver","Lorry driver","Owner (HGV/LGV)","Tanker driver"}'),
    ('8214', 'Delivery drivers and couriers', '{"Cash in transit driver","Courier-driver","Customer service team member (delivery service)","Delivery driver","Meals on wheels driver","Parcel delivery driver","Van driver"}'),
    ('9', 'Elementary occupations', '{}'),
    ('91', 'Elementary trades and related occupations', '{}'),
    ('912', 'Elementary construction occupations', '{}'),
    ('9129', 'Elementary construction occupations n.e.c.', '{"Building worker","Electrician’s mate (building construction)","Hod carrier","Labourer (building construction)","Odd job man","Sea diver’s assistant"}'),
    ('92', 'Elementary administration and service occupations', '{}'),
    ('922', 'Elementary cleaning occupations', '{}'),
    ('9223', 'Cleaners and domestics', '{"Chambermaid","Cleaner","Domestic","Home help","School cleaner"}'),
    ('9226', 'Vehicle valeters and cleaners', '{"Car washer","Carriage cleaner","Motor car polisher (garage)","Vehicle valeter"}'),
    ('923', 'Elementary security occupations', '{}'),
    ('9231', 'Security guards and related occupations', '{"CCTV operator","Court usher","Door supervisor","Enforcement officer","Security guard","Security officer"}'),
    ('924', 'Elementary sales occupations', '{}'),
    ('9241', 'Shelf fillers', '{"Customer team member (shelf filling)","Evening merchandiser","General assistant (retail trade)","Grocery assistant","Shelf filler","Shelf stacker"}'),
    ('925', 'Elementary storage occupations', '{}'),
    ('9252', 'Warehouse operatives', '{"Order picker","Storeman","Team member (warehousing)","Warehouse operative","Warehouseman"}'),
    ('926', 'Other elementary services occupations', '{}'),
    ('9263', 'Kitchen and catering assistants', '{"Catering assistant","Crew member (fast food outlet)","Kitchen assistant","Kitchen porter","Sandwich artist"}'),
    ('9264', 'Waiters and waitresses', '{"Food and beverage assistant","Silver service waiter","Steward (catering)","Waiter","Waitress"}'),
    ('9265', 'Bar staff', '{"Bar staff","Barmaid","Bartender","Glass collector (public house)","Mixologist (beverages)"}'),
    ('9266', 'Coffee shop workers', '{"Barista","Coffee shop assistant"}')
) AS shipped (code, title, job_titles);

COMMIT;
