/* The methods of MatchService. Rows become the matcher's clients and openings, its answer becomes
 * the response. The matcher (match/) ranks and explains; the SQL in daemon/methods/match.sql
 * decides what the caller may see. */
#pragma once

#include "service/code.h"

extern const struct code_method match_client_method, match_opening_method, match_explain_method;
