/* The lists that can be imported: their columns, and how a row becomes a message. */
#pragma once

#include "client/import.h"

extern const struct import_kind import_employers_kind, import_postcodes_kind,
    import_occupations_kind, import_industries_kind;
