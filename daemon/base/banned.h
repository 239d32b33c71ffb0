/* Functions that nobody here calls, because each has a safer neighbour.
 *
 * Declaring them again as deprecated makes any call an error of the build (-Werror), whatever the
 * order of includes. base/macro.h includes this file, so every layer has it.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define banned_(instead) __attribute__((deprecated("banned: use " instead)))

/* NOLINTBEGIN(readability-redundant-declaration) */
banned_("struct str or memcpy") char *strcpy(char *, const char *);
banned_("struct str") char *strcat(char *, const char *);
banned_("struct str") char *strncat(char *, const char *, size_t);
banned_("snprintf or memcpy") char *strncpy(char *, const char *, size_t);
banned_("snprintf or str_addf") int sprintf(char *, const char *, ...);
banned_("vsnprintf or str_addf") int vsprintf(char *, const char *, va_list);
banned_("fgets or getline") char *gets(char *);
banned_("strcspn or strtok_r") char *strtok(char *, const char *);
banned_("strtoll, checked") int atoi(const char *);
banned_("strtoll, checked") long atol(const char *);
banned_("strtoll, checked") long long atoll(const char *);
banned_("strtod, checked") double atof(const char *);
banned_("clock_now_usec") time_t time(time_t *);
banned_("base/civil.h or localtime_r") struct tm *localtime(const time_t *);
banned_("base/civil.h or gmtime_r") struct tm *gmtime(const time_t *);
banned_("strftime") char *ctime(const time_t *);
banned_("strftime") char *asctime(const struct tm *);
banned_("randombytes_buf") int rand(void);
/* NOLINTEND(readability-redundant-declaration) */

#undef banned_
