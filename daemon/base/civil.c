#include "base/civil.h"

#define DAYS_PER_ERA 146097 /* 400 years */
#define DAYS_BEFORE_1970 719468 /* from 0000-03-01 */

static bool civil_is_leap(int32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int civil_days_in_month(int32_t year, int32_t month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return month == 2 && civil_is_leap(year) ? 29 : days[month - 1];
}

bool civil_is_valid(const struct civil_date *date)
{
    return date->year >= 1 && date->year <= 9999 && date->month >= 1 && date->month <= 12
        && date->day >= 1 && date->day <= civil_days_in_month(date->year, date->month);
}

/* Years are counted from March, so that the leap day is the last of its year. */
int64_t civil_to_days(const struct civil_date *date)
{
    int64_t year = date->month <= 2 ? date->year - 1 : date->year;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t month = (date->month + 9) % 12;
    int64_t day_of_year = (153 * month + 2) / 5 + date->day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_BEFORE_1970;
}

struct civil_date civil_from_days(int64_t days)
{
    int64_t day = days + DAYS_BEFORE_1970;
    int64_t era = (day >= 0 ? day : day - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    int64_t day_of_era = day - era * DAYS_PER_ERA;
    int64_t year_of_era
        = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    int32_t civil_month = (int32_t)(month < 10 ? month + 3 : month - 9);
    return (struct civil_date) {
        .year = (int32_t)(year_of_era + era * 400 + (civil_month <= 2)),
        .month = civil_month,
        .day = (int32_t)(day_of_year - (153 * month + 2) / 5 + 1),
    };
}
