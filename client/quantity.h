/* Money, hours and distances as people write them, to whole units and back. Pure.
 *
 * Parsers return 0, or ERR_INVALID with a sentence that says what is accepted.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define QUANTITY_TEXT_BYTES 32

/* "12.71", "£12.71", "13": pence. */
int quantity_parse_pence(const char *text, int *ret_pence, struct err *err) _must_check_;

/* "37.5", "16h": tenths of an hour. */
int quantity_parse_tenths(const char *text, int *ret_tenths, struct err *err) _must_check_;

/* "16-30" or "37.5": the least and the most, in tenths of an hour. */
int quantity_parse_tenths_range(
    const char *text, int *ret_min, int *ret_max, struct err *err) _must_check_;

/* "800m", "5km", "2.5 km", "3 miles": metres. A number alone is refused. */
int quantity_parse_metres(const char *text, int *ret_metres, struct err *err) _must_check_;

/* A whole number from @min to @max. */
int quantity_parse_int(
    const char *text, int64_t min, int64_t max, int64_t *ret_value, struct err *err) _must_check_;

/* "£12.71", "37.5", "850 m", "2.4 km" */
void quantity_format_pence(int64_t pence, char out[QUANTITY_TEXT_BYTES]);
void quantity_format_tenths(int64_t tenths, char out[QUANTITY_TEXT_BYTES]);
void quantity_format_metres(int64_t metres, char out[QUANTITY_TEXT_BYTES]);
