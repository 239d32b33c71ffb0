/* The single words of a date, for when.c and spans.c: numbers, months, amounts. Pure. */
#pragma once

#include "base/macro.h"

#include <stdbool.h>

/* Read up to @max_digits digits; return what follows them, or NULL if there are none or more. */
const char *when_digits(const char *text, int max_digits, int *ret_value) _must_check_;

/* Find a month by its first three letters or more: 1 to 12; 0: none. */
int when_find_month(const char *word) _pure_;

/* Read the number of a day, with or without its ending: "3", "3rd". */
bool when_day_number(const char *word, int *ret_day, bool *ret_has_ending) _must_check_;

/* Read how many of a unit: "a", "an", "one", or up to three digits. */
bool when_amount(const char *word, int *ret_amount) _must_check_;
