/* Times. See clock.h. The calendar arithmetic is days-from-civil (Howard Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms"), so that neither time zone nor locale can enter. */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t clock_days(int64_t y, unsigned m, unsigned d)
{
    int64_t era = 0;
    unsigned yoe = 0, doy = 0, doe = 0;

    y -= m <= 2;
    era = (y >= 0 ? y : y - 399) / 400;
    yoe = (unsigned)(y - era * 400);
    doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int64_t)doe - 719468;
}

static unsigned clock_month_length(unsigned y, unsigned m)
{
    static const unsigned char length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return m == 2 && ((y % 4 == 0 && y % 100 != 0) || y % 400 == 0) ? 29 : length[m - 1];
}

int64_t clock_now(void)
{
    return (int64_t)time(NULL);
}

int64_t clock_ticks(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void clock_text(int64_t seconds, char out[CLOCK_TEXT])
{
    int64_t days = seconds / 86400, rest = seconds % 86400, era = 0, y = 0;
    unsigned doe = 0, yoe = 0, doy = 0, mp = 0, d = 0, m = 0;

    if (rest < 0) {
        rest += 86400;
        days--;
    }
    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    doe = (unsigned)(days - era * 146097);
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;
    d = doy - (153 * mp + 2) / 5 + 1;
    m = mp < 10 ? mp + 3 : mp - 9;
    y = (int64_t)yoe + era * 400 + (m <= 2);
    if (y < 0 || y > 9999)
        y = 9999;
    snprintf(out, CLOCK_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)y % 10000, m % 100, d % 100,
             (unsigned)(rest / 3600) % 100, (unsigned)(rest / 60 % 60), (unsigned)(rest % 60));
}

static int clock_digits(const char **p, int count, unsigned *out)
{
    *out = 0;
    for (int i = 0; i < count; i++, (*p)++) {
        if (**p < '0' || **p > '9')
            return -1;
        *out = *out * 10 + (unsigned)(**p - '0');
    }
    return 0;
}

static int clock_build(unsigned y, unsigned mo, unsigned d, unsigned h, unsigned mi, unsigned s,
                       int64_t *seconds)
{
    if (y < 1970 || y > 9999 || mo < 1 || mo > 12 || d < 1 || d > clock_month_length(y, mo) || h > 23 ||
        mi > 59 || s > 60)
        return -1;
    *seconds = clock_days((int64_t)y, mo, d) * 86400 + (int64_t)h * 3600 + (int64_t)mi * 60 + (int64_t)s;
    return 0;
}

int clock_read(const char *text, int64_t *seconds, struct err *e)
{
    unsigned y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
    const char *p = text ? text : "";

    if (clock_digits(&p, 4, &y) || *p++ != '-' || clock_digits(&p, 2, &mo) || *p++ != '-' ||
        clock_digits(&p, 2, &d) || *p++ != 'T' || clock_digits(&p, 2, &h) || *p++ != ':' ||
        clock_digits(&p, 2, &mi) || *p++ != ':' || clock_digits(&p, 2, &s))
        goto bad;
    if (*p == '.') {
        p++;
        while (*p >= '0' && *p <= '9')
            p++;
    }
    if (strcmp(p, "Z") != 0 && strcmp(p, "+00:00") != 0)
        goto bad;
    if (clock_build(y, mo, d, h, mi, s, seconds))
        goto bad;
    return 0;
bad:
    return err_set(e, "%.64s: not a time: write it as 2026-09-30T12:00:00Z (UTC)", text ? text : "(none)");
}

int clock_read_http(const char *text, int64_t *seconds, struct err *e)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    unsigned y = 0, d = 0, h = 0, mi = 0, s = 0;
    const char *p = text ? strchr(text, ',') : NULL, *found = NULL;
    char month[4] = "";

    if (!p || p[1] != ' ')
        goto bad;
    p += 2;
    if (clock_digits(&p, 2, &d) || *p++ != ' ' || strlen(p) < 4)
        goto bad;
    memcpy(month, p, 3);
    p += 3;
    found = strstr(months, month);
    if (!found || (found - months) % 3 || *p++ != ' ' || clock_digits(&p, 4, &y) || *p++ != ' ' ||
        clock_digits(&p, 2, &h) || *p++ != ':' || clock_digits(&p, 2, &mi) || *p++ != ':' ||
        clock_digits(&p, 2, &s) || strcmp(p, " GMT") != 0)
        goto bad;
    if (clock_build(y, (unsigned)(found - months) / 3 + 1, d, h, mi, s, seconds))
        goto bad;
    return 0;
bad:
    return err_set(e, "%.64s: not a Date header: RFC 9110 section 5.6.7", text ? text : "(none)");
}
