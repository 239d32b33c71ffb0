#include "client/import_kinds.h"

#include "base/macro.h"
#include "canvass/v1/employer.pb-c.h"
#include "canvass/v1/reference.pb-c.h"
#include "client/quantity.h"

#include <string.h>

#define MAX_ADDRESS_LINES 4

enum { E_NAME, E_REF, E_TRADING_AS, E_COMPANY, E_SIC, E_PHONE, E_WEBSITE, E_ADDRESS, E_POSTCODE };

static const struct import_field employer_fields[] = {
    [E_NAME] = { "name",
        "name|businessname|employer|employername|company|companyname|organisation|"
        "organisationname|firm|establishment|establishmentname|premises",
        .is_required = true },
    [E_REF] = { "ref",
        "ref|reference|id|fhrsid|odscode|organisationcode|cqclocationid|locationid|urn|uprn|"
        "employerid|externalid" },
    [E_TRADING_AS] = { "trading_as", "tradingas|tradingname|ta|alsoknownas" },
    [E_COMPANY] = { "company_number",
        "companynumber|companyno|companieshousenumber|crn|registrationnumber|companynum" },
    [E_SIC] = { "sic", "sic|sic5|siccode|siccodes|sic2007|siccodesictext1|sictext1" },
    [E_PHONE] = { "phone", "phone|telephone|tel|phonenumber|telephonenumber|contactnumber" },
    [E_WEBSITE] = { "website", "website|url|web|webaddress|homepage" },
    [E_ADDRESS] = { "address",
        "address|addr1|addr2|addr3|addr4|addr5|addressline1|addressline2|addressline3|"
        "addressline4|address1|address2|address3|address4|street|locality|town|city|county|"
        "posttown|regaddressaddressline1|regaddressaddressline2|regaddressposttown",
        .is_many = true },
    [E_POSTCODE] = { "postcode", "postcode|postalcode|pcode|zip|zipcode|regaddresspostcode|pc" },
};

static bool is_same_postcode(const char *a, const char *b)
{
    while (*a || *b) {
        a += strspn(a, " ");
        b += strspn(b, " ");
        if ((*a | 32) != (*b | 32))
            return false;
        a += *a != '\0';
        b += *b != '\0';
    }
    return true;
}

/* Lines come in columns of their own, or in one with commas. The postcode is no line, and nothing
 * is said twice; what is too much goes into the last line. */
static int make_address(
    const struct import_row *row, struct arena *arena, char ***ret_lines, size_t *ret_n)
{
    const char *text = row->text[E_ADDRESS];
    const char *separators = strchr(text, '\n') ? "\n" : ",";
    char **lines = arena_calloc(arena, MAX_ADDRESS_LINES, sizeof *lines);
    size_t n = 0;
    while (lines && *text) {
        text += strspn(text, ", \n");
        size_t len = strcspn(text, separators);
        char *line = arena_strndup(arena, text, len);
        if (!line)
            return ERR_EXHAUSTED;
        text += len;
        if (!*line || is_same_postcode(line, row->text[E_POSTCODE])
            || (n > 0 && strcmp(lines[n - 1], line) == 0))
            continue;
        if (n == MAX_ADDRESS_LINES) {
            n--;
            line = arena_printf(arena, "%s, %s", lines[n], line);
        }
        if (!line)
            return ERR_EXHAUSTED;
        lines[n++] = line;
    }
    *ret_lines = lines;
    *ret_n = n;
    return lines ? 0 : ERR_EXHAUSTED;
}

/* Codes lose their zeros in spreadsheets: "1110" was 01110. Of several codes the first counts. */
static char *make_code(const char *text, size_t length, struct arena *arena)
{
    size_t n = strspn(text, "0123456789");
    if (n + 1 == length || (length == 8 && n > 4 && n < length && !text[n]))
        return arena_printf(arena, "%.*s%.*s", (int)(length - n), "0000", (int)n, text);
    if (n == length)
        return arena_strndup(arena, text, n);
    return arena_strdup(arena, text);
}

static int make_employer(const struct import_row *row, struct arena *arena,
    ProtobufCMessage **ret_message, struct err *err)
{
    Canvass__V1__ImportEmployer *m = arena_alloc(arena, sizeof *m);
    if (!*row->text[E_NAME])
        return err_set_field(err, ERR_INVALID, "name", "An employer needs a name.");
    if (!m)
        return err_oom(err);
    canvass__v1__import_employer__init(m);
    m->line = (int32_t)MIN(row->line, (int64_t)INT32_MAX);
    m->name = (char *)(uintptr_t)row->text[E_NAME];
    m->ref = (char *)(uintptr_t)row->text[E_REF];
    m->trading_as = (char *)(uintptr_t)row->text[E_TRADING_AS];
    m->company_number = make_code(row->text[E_COMPANY], 8, arena);
    m->sic = make_code(row->text[E_SIC], 5, arena);
    m->phone = (char *)(uintptr_t)row->text[E_PHONE];
    m->website = (char *)(uintptr_t)row->text[E_WEBSITE];
    m->postcode = (char *)(uintptr_t)row->text[E_POSTCODE];
    if (!m->company_number || !m->sic || make_address(row, arena, &m->address, &m->n_address) < 0)
        return err_oom(err);
    *ret_message = &m->base;
    return 0;
}

const struct import_kind import_employers_kind = { .what = "employers",
    .method = "canvass.v1.EmployerService/ImportEmployers",
    .fields = employer_fields,
    .n_fields = ARRAY_SIZE(employer_fields),
    .batch_rows = 1000,
    .make = make_employer };

enum { P_POSTCODE, P_EASTING, P_NORTHING, P_DISTRICT, P_TERMINATED };

static const struct import_field postcode_fields[] = {
    [P_POSTCODE] = { "postcode", "postcode|pcds|pcd|pc", .is_required = true },
    [P_EASTING] = { "easting", "easting|eastings|ea|oseast1m", .is_required = true },
    [P_NORTHING] = { "northing", "northing|northings|no|osnrth1m", .is_required = true },
    [P_DISTRICT] = { "borough",
        "borough|boroughgss|boroughid|district|admindistrictcode|oslaua|laua|di|localauthority" },
    [P_TERMINATED] = { "terminated", "terminated|doterm|dateterminated" },
};

/* OS Code-Point Open: postcode, quality, easting, northing, country, NHS region, NHS area, county,
 * district, ward. */
static const int code_point_columns[]
    = { P_POSTCODE, -1, P_EASTING, P_NORTHING, -1, -1, -1, -1, P_DISTRICT, -1 };

static bool is_number(const char *text)
{
    return *text && text[strspn(text, "0123456789")] == '\0';
}

static bool is_code_point(const struct csv_row *row)
{
    return row->n >= 10 && is_number(row->cells[1]) && is_number(row->cells[2])
        && is_number(row->cells[3]);
}

static int make_postcode(const struct import_row *row, struct arena *arena,
    ProtobufCMessage **ret_message, struct err *err)
{
    int64_t easting, northing;
    Canvass__V1__Postcode *m = arena_alloc(arena, sizeof *m);
    Canvass__V1__GridPoint *point = arena_alloc(arena, sizeof *point);
    if (!m || !point)
        return err_oom(err);
    if (quantity_parse_int(row->text[P_EASTING], 1, 700000, &easting, NULL) < 0)
        return err_set_field(err, ERR_INVALID, "easting", "An easting is from 1 to 700000 metres.");
    if (quantity_parse_int(row->text[P_NORTHING], 1, 1300000, &northing, NULL) < 0)
        return err_set_field(
            err, ERR_INVALID, "northing", "A northing is from 1 to 1300000 metres.");
    canvass__v1__postcode__init(m);
    canvass__v1__grid_point__init(point);
    point->easting = (int32_t)easting;
    point->northing = (int32_t)northing;
    m->postcode = (char *)(uintptr_t)row->text[P_POSTCODE];
    m->point = point;
    m->borough_id = (char *)(uintptr_t)row->text[P_DISTRICT];
    m->terminated = *row->text[P_TERMINATED] && strcmp(row->text[P_TERMINATED], "0") != 0
        && strcmp(row->text[P_TERMINATED], "no") != 0
        && strcmp(row->text[P_TERMINATED], "false") != 0;
    *ret_message = &m->base;
    return 0;
}

const struct import_kind import_postcodes_kind = { .what = "postcodes",
    .method = "canvass.v1.ReferenceService/LoadPostcodes",
    .fields = postcode_fields,
    .n_fields = ARRAY_SIZE(postcode_fields),
    .batch_rows = 2000,
    .make = make_postcode,
    .is_headless = is_code_point,
    .headless_columns = code_point_columns,
    .n_headless_columns = ARRAY_SIZE(code_point_columns) };

enum { C_CODE, C_TITLE, C_JOBS };

static const struct import_field occupation_fields[] = {
    [C_CODE]
    = { "code", "code|soc|soc2020|soccode|unitgroup|soc2020unitgroup", .is_required = true },
    [C_TITLE] = { "title", "title|grouptitle|soc2020grouptitle|description", .is_required = true },
    [C_JOBS] = { "job_titles", "jobtitles|jobtitle|titles" },
};

static int make_occupation(const struct import_row *row, struct arena *arena,
    ProtobufCMessage **ret_message, struct err *err)
{
    Canvass__V1__Occupation *m = arena_alloc(arena, sizeof *m);
    const char *text = row->text[C_JOBS];
    if (!m)
        return err_oom(err);
    canvass__v1__occupation__init(m);
    m->code = (char *)(uintptr_t)row->text[C_CODE];
    m->title = (char *)(uintptr_t)row->text[C_TITLE];
    m->job_titles = arena_calloc(arena, strlen(text) + 1, sizeof *m->job_titles);
    while (m->job_titles && *text) {
        size_t len = strcspn(text, "|;\n");
        if (len && !(m->job_titles[m->n_job_titles++] = arena_strndup(arena, text, len)))
            return err_oom(err);
        text += len + (text[len] != '\0');
    }
    *ret_message = &m->base;
    return m->job_titles ? 0 : err_oom(err);
}

const struct import_kind import_occupations_kind = { .what = "occupations",
    .method = "canvass.v1.ReferenceService/LoadOccupations",
    .fields = occupation_fields,
    .n_fields = ARRAY_SIZE(occupation_fields),
    .batch_rows = 500,
    .make = make_occupation };

static const struct import_field industry_fields[] = {
    [C_CODE] = { "code", "code|sic|sic5|siccode|siccode2007", .is_required = true },
    [C_TITLE] = { "title", "title|description|activity|sicdescription", .is_required = true },
};

static int make_industry(const struct import_row *row, struct arena *arena,
    ProtobufCMessage **ret_message, struct err *err)
{
    Canvass__V1__Industry *m = arena_alloc(arena, sizeof *m);
    if (!m)
        return err_oom(err);
    canvass__v1__industry__init(m);
    m->code = make_code(row->text[C_CODE], 5, arena);
    m->title = (char *)(uintptr_t)row->text[C_TITLE];
    *ret_message = &m->base;
    return m->code ? 0 : err_oom(err);
}

const struct import_kind import_industries_kind = { .what = "industries",
    .method = "canvass.v1.ReferenceService/LoadIndustries",
    .fields = industry_fields,
    .n_fields = ARRAY_SIZE(industry_fields),
    .batch_rows = 500,
    .make = make_industry };
